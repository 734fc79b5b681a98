/** Colours of runs, told apart by the colour-blind as well: Okabe and Ito, "Color Universal Design" (2008). */

const COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"] as const;

export interface Paint {
  fill: string;
  /** Of letters on it. */
  ink: "#000000" | "#ffffff";
  /** Whether it is the colour of an earlier run as well, and stripes tell them apart. */
  isStriped: boolean;
}

/** Relative luminance as WCAG 2 has it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5]
    .map(start => parseInt(colour.slice(start, start + 2), 16) / 255)
    .map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** Of two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
}

/** @param index of the run among all of the picture */
export function paintOf(index: number): Paint {
  const fill = COLOURS[index % COLOURS.length]!;
  const ink = contrast(fill, "#000000") >= contrast(fill, "#ffffff") ? "#000000" : "#ffffff";
  return { fill, ink, isStriped: Math.floor(index / COLOURS.length) % 2 === 1 };
}
