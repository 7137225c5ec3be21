# The index of what can be done here; the work itself is in the programs that the recipes call.

export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/node_modules/node/bin:$(PATH)

# The npm package `node` brings Node 26. Its install script is run by us, not by npm, because whether npm runs
# install scripts depends on its version; a Node on the PATH that is new enough serves as it is.
NODE_SERVES := node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 26 || (a == 26 && b >= 9) ? 0 : 1)'
READY := node_modules/.ready
FIRST := test/first.sh

VERSION = $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
REVISION = $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
SOURCE = $(or $(shell git config --get remote.origin.url 2>/dev/null),unknown)
IMAGE_NAME ?= time-service:$(VERSION)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^## /{printf "\n%s\n", substr($$0, 4)} /^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@$(NODE_SERVES) || (cd node_modules/node && node installArchSpecificPackage.js)
	@touch $@

## The service
.PHONY: run
run: $(READY) ## serve on :8080, without a cluster or Docker
	@printf 'Try, from another terminal:\n  curl localhost:%s/time\n  curl "localhost:%s/v1/time?zone=Europe/Paris&zone=Asia/Tokyo"\n  curl localhost:%s/readyz?verbose\n' $(or $(PORT),8080) $(or $(PORT),8080) $(or $(ADMIN_PORT),8081)
	@node --disable-warning=ExperimentalWarning app/main.ts

.PHONY: test
test: $(READY) ## the tests that need no more than this checkout
	@mocha

.PHONY: oracle
oracle: $(READY) ## slower comparisons with outside oracles
	@mocha --config test/oracle/.mocharc.json

.PHONY: discovery
discovery: $(READY) ## Eureka, Consul if CONSUL names its binary, and clients of other languages; needs Java 17, Maven, Go, Python and protoc-gen-go
	@mocha --config test/discovery/.mocharc.json

.PHONY: compose-test
compose-test: $(READY) ## docker-compose.yaml under load; CONSUL names the binary of Consul
	@mocha --config test/discovery/compose.mocharc.json

.PHONY: e2e
e2e: $(READY) ## the claims of the manifests on a kind cluster of their own; 15 minutes
	@mocha --config test/cluster/.mocharc.json

.PHONY: e2e-nodes
e2e-nodes: $(READY) ## nodes that watch each other's clocks, and what watches them, on such a cluster; 8 minutes
	@mocha --config test/cluster/nodes.mocharc.json

.PHONY: e2e-faults
e2e-faults: $(READY) ## the faults of docs/faults.md that take a cluster, on such a one; 25 minutes
	@mocha --config test/cluster/faults.mocharc.json

.PHONY: e2e-review
e2e-review: $(READY) ## what `make diff` says, held against such a cluster; 9 minutes
	@mocha --config test/cluster/review.mocharc.json

.PHONY: e2e-image
e2e-image: $(READY) ## the image as the README runs it, with volumes; 2 minutes
	@mocha --config test/cluster/image.mocharc.json

.PHONY: e2e-up
e2e-up: $(READY) ## `make up` and what is typed after it, until `make down`; 3 minutes
	@mocha --config test/cluster/up.mocharc.json

.PHONY: faults
faults: $(READY) bundle ## the faults of docs/faults.md, made for real; FAULTS=short for less of each
	@$(FIRST) mocha --config test/faults/.mocharc.json

.PHONY: soak
soak: $(READY) bundle ## half load and a takeover each 3 minutes, for 30 minutes or SOAK_MINUTES=
	@$(FIRST) mocha --config test/soak/.mocharc.json

.PHONY: fuzz
fuzz: $(READY) ## a minute of strange input for each parser
	@FUZZ_SECONDS=60 mocha --grep '^fuzzing'

.PHONY: bundle
bundle: $(READY) ## the one file that the image runs, in build/
	@npm run --silent bundle -- --log-level=warning

.PHONY: image
image: ## the container image; PLATFORM=linux/arm64 for another architecture
	docker build --tag $(IMAGE_NAME) $(BUILD_OPTIONS) $(if $(PLATFORM),--platform $(PLATFORM)) \
	  --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --build-arg SOURCE=$(SOURCE) .

## The tz database
# The committed table is of the release that Node carries, so that it and Temporal agree; its package is pinned by hash.
# Newer data: make tzdata OUT=<directory> NODE=<a newer Node's binary> PACKAGE=tzdata==2026.4
TZDATA := build/tzdata
NODE ?= $(CURDIR)/node_modules/node/bin/node
.PHONY: tzdata
tzdata: $(READY) ## the tz table anew; OUT=DIRECTORY for TZDATA_DIRECTORY
	@rm -rf $(TZDATA) && mkdir -p $(TZDATA)
	python3 -m pip download --quiet --no-deps --dest $(TZDATA) $(or $(PACKAGE),--require-hashes --requirement tzdata/requirements.txt)
	python3 -m zipfile --extract $(TZDATA)/tzdata-*.whl $(TZDATA)
	node tzdata/main.ts $(if $(OUT),directory $(TZDATA)/tzdata $(NODE) $(OUT),table $(TZDATA)/tzdata app/zones/tz-table.json)

## The manifests
.PHONY: synth
synth: $(READY) ## write dist/ from infra/
	@node infra/main.ts

.PHONY: diff
diff: $(READY) ## what the manifests will do that those of main do not
	@node infra/review.ts || [ $$? -lt 3 ]

.PHONY: pin
pin: $(READY) ## write IMAGE=registry/name:tag into the table, for a release
	@$(CLUSTER) pin --image '$(IMAGE)'
	@node infra/main.ts

## The cluster; ENV=name CONTEXT=name, by default kind at the cluster of `make up`
CLUSTER := node infra/cluster/main.ts
TARGET = $(if $(ENV),--env $(ENV)) $(if $(CONTEXT),--context $(CONTEXT))

.PHONY: up
up: $(READY) ## a kind cluster with the service in it, again and again
	@$(CLUSTER) up $(if $(KIND_IMAGE),--kind-image $(KIND_IMAGE))

.PHONY: down
down: $(READY) ## delete the cluster of `make up`
	@$(CLUSTER) down

.PHONY: deploy
deploy: $(READY) ## apply and wait; IMAGE=registry/name:tag for a pushed image
	@node infra/main.ts --check
	@$(CLUSTER) deploy $(TARGET) $(if $(IMAGE),--image $(IMAGE))

.PHONY: rollback
rollback: $(READY) ## return to the image and the configuration before
	@$(CLUSTER) rollback $(TARGET)

.PHONY: undeploy
undeploy: $(READY) ## remove what deploy applied, but the namespace and metrics-server
	@$(CLUSTER) undeploy $(TARGET)

.PHONY: status
status: $(READY) ## replicas, versions, autoscaler, restarts and their reason
	@$(CLUSTER) status $(TARGET)

.PHONY: diff-live
diff-live: $(READY) ## what a deploy, of IMAGE= or the one it takes without, would change in the cluster, by a dry run
	@node infra/review.ts --live $(TARGET) $(if $(IMAGE),--image $(IMAGE)) || [ $$? -lt 3 ]

.PHONY: logs
logs: $(READY) ## follow the logs of all pods
	@$(CLUSTER) logs $(TARGET)

.PHONY: port-forward
port-forward: $(READY) ## localhost:8080 and :50051 to one pod
	@$(CLUSTER) port-forward $(TARGET)

.PHONY: push
push: $(READY) ## build and push to REGISTRY=
	@$(CLUSTER) push $(if $(REGISTRY),--registry $(REGISTRY))

## The speed; needs wrk, ghz (go install github.com/bojand/ghz/cmd/ghz@v0.93.0), two cores and quiet; 4 minutes
# What measures shares its core with the load: the other is the servers' own.
ALONE := $(FIRST) taskset -c 1 node
BENCH := $(ALONE) test/bench/bench.ts
.PHONY: bench
bench: $(READY) bundle ## the service beside bare servers and its peers
	@$(BENCH)

.PHONY: bench-check
bench-check: $(READY) bundle ## fail where a ratio has fallen below nine tenths of its mark
	@$(BENCH) --check

.PHONY: bench-mark
bench-mark: $(READY) bundle ## write the marks and docs/performance.md anew
	@$(BENCH) --mark --document

.PHONY: capacity
capacity: $(READY) bundle ## measure what the capacity model is fitted to and checked against; 2 minutes
	@$(ALONE) test/bench/capacity.ts

## The code
GENERATED := app/grpc/generated
# The gRPC API as the last release had it, which later ones must not break.
RELEASED_API := app/grpc/proto/released.txtpb

.PHONY: release
release: check ## VERSION=1.2.3 IMAGE=registry/name:1.2.3 written down, with the API that later ones must not break
	@npm version --allow-same-version --no-git-tag-version $(VERSION) >/dev/null
	@touch $(READY)
	@$(MAKE) --no-print-directory pin IMAGE='$(IMAGE)'
	buf build --exclude-source-info -o $(RELEASED_API)
	@sed -i "s/^## \[Unreleased\]$$/&\n\n## [$(VERSION)] - $$(date +%F)/" CHANGELOG.md
	@sed -i 's/\(time-service:\)[0-9]\+\.[0-9]\+\.[0-9]\+/\1$(VERSION)/' README.md docs/time-zone-data.md docker-compose.yaml
	@echo 'Read the changes, commit them, and tag v$(VERSION).'

.PHONY: check
check: $(READY) ## format, lint, types, unused code, generated files
	oxfmt --check
	oxlint --type-aware --deny-warnings
	tsc
	tsc --project app/page
	tsc --project test/page
	knip
	node docs/readme-tables.ts --check
	node docs/licences.ts --check
	node docs/lint-openapi.ts
	node app/page/build.ts --check
	node infra/main.ts --check
	buf lint
	buf breaking --against $(RELEASED_API)
	@rm -rf build/fresh && buf generate -o build/fresh
	@diff -r build/fresh/$(GENERATED) $(GENERATED) || { echo '$(GENERATED) is stale: run `make generate`.'; exit 1; }

.PHONY: page
page: $(READY) ## make the page that the service serves from app/page/
	@node app/page/build.ts

.PHONY: readme
readme: $(READY) ## renew the tables of the README
	node docs/readme-tables.ts

.PHONY: licences
licences: $(READY) ## list the packages the service is made of, with their licences
	node docs/licences.ts

.PHONY: sbom
sbom: $(READY) ## the same as CycloneDX, in build/sbom.json
	@mkdir -p build
	@npm sbom --omit=dev --sbom-format=cyclonedx >build/sbom.json

.PHONY: audit
audit: $(READY) ## ask the registry for known holes in them; not every mirror answers that
	@npm audit --omit=dev

.PHONY: generate
generate: $(READY) ## write the code that follows from the protos
	buf generate

.PHONY: fix
fix: $(READY) ## mend what can be mended
	oxlint --type-aware --fix
	oxfmt
