"""Follows POSIX TZ rules with Python's zoneinfo.

Reads {"rule": [seconds since 1970, ...]} from stdin and writes {"rule": [[offset in seconds, abbreviation], ...]}. A rule
reaches zoneinfo as a TZif file (RFC 9636) that has nothing else in it.
"""

import datetime
import io
import json
import struct
import sys
import zoneinfo

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def zone_of(rule: str) -> zoneinfo.ZoneInfo:
    block = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(block + block + b"\n" + rule.encode() + b"\n"), key=rule)


def follow(rule: str, instants: list[int]) -> list[tuple[int, str]]:
    zone = zone_of(rule)
    local = ((EPOCH + datetime.timedelta(seconds=at)).astimezone(zone) for at in instants)
    return [(int(time.utcoffset().total_seconds()), time.tzname()) for time in local]


json.dump({rule: follow(rule, instants) for rule, instants in json.load(sys.stdin).items()}, sys.stdout)
