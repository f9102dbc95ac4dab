import type { Frame } from './chart.js';

/** Number of colours in the style sheet: `--c1` … `--c8`. */
const colours = 8;

/**
 * Colour of the n-th series, from 0. The style sheet defines them after Okabe and Ito's palette, which stays
 * distinguishable with the common colour deficiencies, for light and for dark pages.
 */
export function seriesColour(index: number): string {
  return `var(--c${(index % colours) + 1})`;
}

const symbols = ['circle', 'rect', 'triangle', 'diamond'] as const;

/** Shape of the n-th series' points: a second cue beside colour. */
export function seriesSymbol(index: number): (typeof symbols)[number] {
  return symbols[index % symbols.length] ?? 'circle';
}

/** Dash of the n-th series' line: the second half of the palette is dashed, further rounds are dotted. */
export function seriesDash(index: number): 'solid' | 'dashed' | 'dotted' {
  if (index < 4) return 'solid';
  return index < colours ? 'dashed' : 'dotted';
}

const fontSize = 12;

/** Options that every axis shares: quiet lines, readable labels. */
export const axisStyle = {
  axisLine: { lineStyle: { color: 'var(--rule)' } },
  axisTick: { show: false },
  axisLabel: { color: 'var(--soft)', fontSize, hideOverlap: true },
  splitLine: { lineStyle: { color: 'var(--grid)' } },
  nameTextStyle: { color: 'var(--soft)', fontSize },
};

/** Options of a horizontal axis with its title below its middle. */
export function titledBelow(title: string) {
  return { name: title, nameLocation: 'middle' as const, nameGap: 28 };
}

/** The plot's rectangle: all that the labels leave of the drawing. */
export const grid = {
  left: 4,
  right: 20,
  top: 14,
  bottom: 6,
  outerBoundsMode: 'same' as const,
  outerBoundsContain: 'all' as const,
};

/** Options that every chart shares. */
export const chartStyle = {
  animation: false,
  useUTC: true,
  textStyle: { fontFamily: 'inherit', fontSize, color: 'var(--ink)' },
  grid,
};

/** Options of every series: a printed page has no hover. */
export const seriesStyle = { silent: true, emphasis: { disabled: true } };

export const valueLabel = { show: true, color: 'var(--ink)', fontSize };

/** Height of a chart whose plot is free to fill its frame. */
export function plotHeight(frame: Frame): number {
  return frame.narrow ? 280 : 360;
}

/**
 * Width of a text in pixels by a guess that suits wide fonts: the drawing happens without fonts, and a label that has
 * room to spare is better than one that is cut.
 */
export function textWidth(text: string, size = fontSize): number {
  let em = 0;
  for (const character of text) {
    if (/[iljtf.,:;'|!()[\] \u202f]/.test(character)) em += 0.38;
    else if (/[mwMW@%…]/.test(character)) em += 0.96;
    else em += /[\p{Lu}\p{N}]/u.test(character) ? 0.67 : 0.61;
    if (
      /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u.test(
        character,
      )
    )
      em += 0.4;
  }
  return em * size;
}
