// `bar`: metrics along an axis, one bar each, or one for each value of a dimension.
import { seriesOption, seriesWords } from "./series.js";

export const option = (chart, data, place) => seriesOption(chart, data, place, "bar");
export const describe = (chart, data, zone) => seriesWords(chart, data, zone, "Bar chart");
