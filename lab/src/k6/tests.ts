/** The tests in the folder k6. All but the smoke test have a rate and a duration. */
export const k6Tests = ['smoke', 'journey', 'load', 'spike', 'soak'] as const;

export type K6Test = (typeof k6Tests)[number];
