/** A colour on a light and on a dark background. */
export type Pair = readonly [light: string, dark: string];

/**
 * The colours of the four services, and of any other. Two of them are at least 0.13 apart in Oklab, also as each kind of
 * colour-blindness sees them (simulated after Machado et al., 2009).
 */
export const tones: readonly Pair[] = [
  ['#0b5559', '#83d3cb'],
  ['#b5861a', '#e8a94a'],
  ['#5b8ef0', '#5f8df0'],
  ['#8941ac', '#b06a96'],
  ['#695f55', '#b0a496'],
];

// As in the shop's stylesheet.
export const surface: Pair = ['#fffdf9', '#201c19'];
export const text: Pair = ['#221e1a', '#f1eadf'];
export const quiet: Pair = ['#695f55', '#b0a496'];
export const danger: Pair = ['#9a2b1c', '#ffa593'];

/** The backgrounds of the phases. */
export const phaseShades: Record<'control' | 'fault' | 'recovery', Pair> = {
  control: ['#f4eee3', '#2a2520'],
  fault: ['#f9e7e1', '#35201c'],
  recovery: ['#e2eeeb', '#1b2e2d'],
};

/** All pairs. A light colour has the same dark one wherever it is used. */
export const schemes: readonly Pair[] = [
  surface,
  text,
  quiet,
  danger,
  ...Object.values(phaseShades),
  ...tones,
];
