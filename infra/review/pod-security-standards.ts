/**
 * The Pod Security Standards: what a pod asks for that a level does not allow.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
import type { V1Container, V1PodSecurityContext, V1PodSpec, V1SecurityContext } from '@kubernetes/client-node';

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];

const BASELINE_CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);
const SAFE_SELINUX_TYPES = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']);
const RESTRICTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** What a pod asks for beyond a level, as short phrases. */
export function violationsOf(pod: V1PodSpec, level: Level): string[] {
  if (level === 'privileged') return [];
  const violations = [...podViolations(pod), ...allContainersOf(pod).flatMap(containerViolations)];
  if (level === 'restricted') {
    violations.push(...restrictedPodViolations(pod));
    violations.push(
      ...allContainersOf(pod).flatMap((container) => restrictedViolations(container, pod.securityContext)),
    );
  }
  return [...new Set(violations)];
}

/** The strictest level that a pod meets. */
export function levelOf(pod: V1PodSpec): Level {
  return LEVELS.toReversed().find((level) => violationsOf(pod, level).length === 0)!;
}

function allContainersOf(pod: V1PodSpec): V1Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

function podViolations(pod: V1PodSpec): string[] {
  const { sysctls = [] } = pod.securityContext ?? {};
  return [
    ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => pod[field]),
    ...(pod.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => `hostPath volume ${name}`),
    ...sysctls.filter(({ name }) => !SAFE_SYSCTLS.has(name)).map(({ name }) => `sysctl ${name}`),
    ...contextViolations('the pod', pod.securityContext),
  ];
}

function containerViolations({ name, securityContext, ports = [] }: V1Container): string[] {
  const { privileged, procMount, capabilities } = securityContext ?? {};
  const added = (capabilities?.add ?? []).filter((capability) => !BASELINE_CAPABILITIES.has(capability));
  return [
    ...(privileged ? [`${name} privileged`] : []),
    ...(added.length > 0 ? [`${name} with ${added.join(', ')}`] : []),
    ...ports.filter(({ hostPort }) => hostPort).map(({ hostPort }) => `${name} on host port ${hostPort}`),
    ...(procMount !== undefined && procMount !== 'Default' ? [`${name} with procMount ${procMount}`] : []),
    ...contextViolations(name, securityContext),
  ];
}

function contextViolations(who: string, context: V1PodSecurityContext | V1SecurityContext | undefined): string[] {
  const { seccompProfile, appArmorProfile, seLinuxOptions, windowsOptions } = context ?? {};
  return [
    ...(seccompProfile?.type === 'Unconfined' ? [`${who} without seccomp`] : []),
    ...(appArmorProfile?.type === 'Unconfined' ? [`${who} without AppArmor`] : []),
    ...(windowsOptions?.hostProcess ? [`${who} as a host process`] : []),
    ...(seLinuxOptions &&
    (!SAFE_SELINUX_TYPES.has(seLinuxOptions.type ?? '') || seLinuxOptions.user || seLinuxOptions.role)
      ? [`${who} with SELinux options`]
      : []),
  ];
}

function restrictedPodViolations(pod: V1PodSpec): string[] {
  return (pod.volumes ?? []).flatMap((volume) => {
    const kind = Object.keys(volume).find((key) => key !== 'name' && !RESTRICTED_VOLUMES.has(key));
    return kind === undefined || kind === 'hostPath' ? [] : [`${kind} volume ${volume.name}`];
  });
}

function restrictedViolations({ name, securityContext }: V1Container, pod: V1PodSecurityContext | undefined): string[] {
  const { allowPrivilegeEscalation, capabilities, runAsNonRoot, runAsUser, seccompProfile } = securityContext ?? {};
  const added = (capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE');
  return [
    ...(allowPrivilegeEscalation === false ? [] : [`${name} without allowPrivilegeEscalation: false`]),
    ...(capabilities?.drop?.includes('ALL') ? [] : [`${name} without drop: ALL`]),
    ...(added.length > 0 ? [`${name} with ${added.join(', ')}`] : []),
    ...((runAsNonRoot ?? pod?.runAsNonRoot) ? [] : [`${name} without runAsNonRoot: true`]),
    ...((runAsUser ?? pod?.runAsUser) === 0 ? [`${name} as user 0`] : []),
    ...((seccompProfile ?? pod?.seccompProfile) ? [] : [`${name} without a seccomp profile`]),
  ];
}
