// The kinds of charts. Each is a module with `option` (what ECharts draws) and `describe` (the same in words); `write` where
// something stands above the drawing. A kind without `option` is a table.
import * as area from "./area.js";
import * as bar from "./bar.js";
import * as bigNumber from "./big_number.js";
import * as histogram from "./histogram.js";
import * as line from "./line.js";
import * as pie from "./pie.js";
import * as table from "./table.js";

export const kinds = { area, bar, big_number: bigNumber, histogram, line, pie, table };
export { table } from "./table.js";
export { look } from "./look.js";
