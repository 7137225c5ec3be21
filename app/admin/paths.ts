/** Where the admin port answers; the manifests' probes and scrapes take these from here. */
export const PROBE_PATHS = { live: '/livez', ready: '/readyz', started: '/startupz' } as const;

export const METRICS_PATH = '/metrics';
