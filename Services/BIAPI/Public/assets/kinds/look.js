// What all drawings have in common: colours, the frame, axes. Tooltips and labels are drawn on the canvas, never as markup.
import { axisNumber } from "../format.js";

const palettes = {
  light: ["#2f6ae0", "#0f9b87", "#e08a2e", "#8659d0", "#d2485c", "#5c8f2c", "#1d9cc7", "#b3619c", "#8a6d3b", "#6b7688"],
  dark: ["#7ea6ff", "#41cdb5", "#f2ad5c", "#b490f5", "#f5808f", "#9bcf62", "#5fc6ea", "#dd93c9", "#c9a869", "#9aa6b8"],
};

/** The page's colours and type, for a canvas. */
export function look() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const isDark = document.documentElement.dataset.theme === "dark";
  return {
    colour: (index) => colour(palettes[isDark ? "dark" : "light"], index), isDark,
    text: token("--text"), muted: token("--muted"), line: token("--line"), surface: token("--surface"), raised: token("--raised"), strong: token("--line-strong"), accent: token("--accent"), font: token("--sans"),
    isStill: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}

/** The eleventh colour is the first one, paler; the twenty-first is the first one, deeper. */
function colour(palette, index) {
  const base = palette[index % palette.length];
  const round = Math.floor(index / palette.length) % 3;
  if (round === 0) return base;
  const [towards, share] = round === 1 ? [255, 0.45] : [0, 0.38];
  const parts = [1, 3, 5].map((at) => Math.round(parseInt(base.slice(at, at + 2), 16) * (1 - share) + towards * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

export function frame(look) {
  return {
    textStyle: { fontFamily: look.font, color: look.text },
    animation: !look.isStill, animationDuration: 350, animationDurationUpdate: 450,
    useUTC: true,
    tooltip: { renderMode: "richText", confine: true, backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.text, fontSize: 12.5, fontFamily: look.font }, padding: [8, 11], transitionDuration: look.isStill ? 0 : 0.2 },
  };
}

export function legend(look, names, place = { top: 0, left: 6 }) {
  return { type: "scroll", ...place, data: names, icon: "roundRect", itemWidth: 11, itemHeight: 11, textStyle: { color: look.muted, fontFamily: look.font }, pageTextStyle: { color: look.muted }, pageIconColor: look.muted, pageIconInactiveColor: look.line, animation: !look.isStill };
}

/** Lines of `name: value` under a title, as plain text. */
export const tooltip = (title, lines) => [title, ...lines.map(([name, value]) => `${name}: ${value}`)].join("\n");

/** An axis of values up to `highest`. */
export function valueAxis(look, format, highest = 0, lowest = 0) {
  const axis = { type: "value", axisLabel: { color: look.muted, fontSize: 11.5, hideOverlap: true, formatter: (value) => axisNumber(value, format) }, splitLine: { lineStyle: { color: look.line } }, splitNumber: 4 };
  return format === "seconds" && highest > 0 && lowest >= 0 ? { ...axis, ...wholeTimes(highest) } : axis;
}

/** Marks at whole minutes, hours or days: 1,000 seconds are 16 min 40 s. */
function wholeTimes(highest) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const interval = steps.find((step) => highest / step <= 5) ?? Math.ceil(highest / 5 / 86400) * 86400;
  return { interval, max: Math.ceil(highest / interval) * interval };
}

/** The axis of times. */
export function placeAxis(look, time, places, width, isBar) {
  const first = places[0];
  return {
    type: "time", axisLine: { lineStyle: { color: look.strong } }, axisTick: { show: false }, splitLine: { show: false },
    axisLabel: { color: look.muted, fontSize: 11.5, hideOverlap: true, formatter: (place, index) => time.mark(place, place <= first ? 0 : index) },
    minInterval: time.step, splitNumber: Math.max(2, Math.floor(width / 110)), boundaryGap: isBar ? ["4%", "4%"] : false,
  };
}

/** From pale to strong, over the values there are. */
export function scale(look, values, formatter) {
  const [lowest, highest] = [Math.min(...values, Infinity), Math.max(...values, -Infinity)];
  const [min, max] = Number.isFinite(lowest) ? [Math.min(lowest, 0) === 0 ? 0 : lowest, highest > lowest || highest !== 0 ? highest : 1] : [0, 1];
  return {
    min, max: max > min ? max : min + 1, calculable: false, orient: "horizontal", left: "center", bottom: 2, itemWidth: 10, itemHeight: 120, formatter, precision: 2,
    text: [formatter(max), formatter(min)], textStyle: { color: look.muted, fontFamily: look.font, fontSize: 11 },
    inRange: { color: look.isDark ? ["#1b2740", "#2f55a8", "#7ea6ff", "#d5e2ff"] : ["#eaf0fd", "#9bb8f3", "#2f6ae0", "#173b86"] },
  };
}

/** An axis of names, all of them told where there is room: straight, else slanted, else as many as fit. */
export function nameAxis(look, names, width) {
  const slot = Math.max(1, width - 80) / Math.max(1, names.length);
  const longest = Math.max(0, ...names.map((name) => name.length)) * 6.6;
  const fit = longest + 8 <= slot ? { interval: 0 }
    : slot >= 17 ? { interval: 0, rotate: 38, width: 132, overflow: "truncate" }
      : { rotate: 38, width: 132, overflow: "truncate", interval: Math.ceil(17 / slot) - 1 };
  return { type: "category", data: names, axisLine: { lineStyle: { color: look.strong } }, axisTick: { show: false }, axisLabel: { color: look.muted, fontSize: 11.5, hideOverlap: false, ...fit }, splitLine: { show: false } };
}
