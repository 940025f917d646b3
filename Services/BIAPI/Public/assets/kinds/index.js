// The kinds of charts. Each is a module with `option` (what ECharts draws) and `describe` (the same in words); `write` where
// something stands above the drawing. A kind without `option` is a `table`.
import * as area from "./area.js";
import * as bar from "./bar.js";
import * as bigNumber from "./big_number.js";
import * as calendar from "./calendar.js";
import * as combined from "./combined.js";
import * as funnel from "./funnel.js";
import * as gauge from "./gauge.js";
import * as heatmap from "./heatmap.js";
import * as histogram from "./histogram.js";
import * as line from "./line.js";
import * as pie from "./pie.js";
import * as pivot from "./pivot.js";
import * as sankey from "./sankey.js";
import * as scatter from "./scatter.js";
import * as sunburst from "./sunburst.js";
import * as table from "./table.js";
import * as treemap from "./treemap.js";
import * as waterfall from "./waterfall.js";

export const kinds = { area, bar, big_number: bigNumber, calendar, combined, funnel, gauge, heatmap, histogram, line, pie, pivot, sankey, scatter, sunburst, table, treemap, waterfall };
export { table } from "./table.js";
export { look } from "./look.js";
