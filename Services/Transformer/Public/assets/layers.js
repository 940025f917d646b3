// Places the relations of a graph: what reads something stands to the right of it.

/** `{ nodes: Map name → { x, y }, width, height }`. `edges`: `{ from, to }`, without circles. */
export function layOut(names, edges, { width, height, gapX, gapY }) {
  const known = new Set(names);
  const parents = new Map(names.map((name) => [name, []]));
  const children = new Map(names.map((name) => [name, []]));
  for (const { from, to } of edges) {
    if (!known.has(from) || !known.has(to) || from === to) continue;
    parents.get(to).push(from);
    children.get(from).push(to);
  }
  const layer = layers(names, parents, children);
  const columns = [];
  for (const name of names) (columns[layer.get(name)] ??= []).push(name);
  order(columns, parents, children);
  const nodes = new Map();
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  columns.forEach((column, x) => {
    const above = ((tallest - column.length) * (height + gapY)) / 2;
    column.forEach((name, y) => nodes.set(name, { x: x * (width + gapX), y: above + y * (height + gapY) }));
  });
  return { nodes, width: columns.length * (width + gapX) - gapX, height: tallest * (height + gapY) - gapY };
}

/** The length of the longest way to each; parents first, each once. */
function layers(names, parents, children) {
  const layer = new Map(names.map((name) => [name, 0]));
  const waiting = new Map(names.map((name) => [name, parents.get(name).length]));
  const ready = names.filter((name) => waiting.get(name) === 0);
  while (ready.length) {
    const name = ready.pop();
    for (const child of children.get(name)) {
      layer.set(child, Math.max(layer.get(child), layer.get(name) + 1));
      waiting.set(child, waiting.get(child) - 1);
      if (waiting.get(child) === 0) ready.push(child);
    }
  }
  return layer;
}

/** Puts each beside what it is connected with, so that few edges cross. */
function order(columns, parents, children) {
  const place = new Map();
  const note = (column) => column.forEach((name, index) => place.set(name, index / Math.max(1, column.length - 1)));
  columns.forEach(note);
  const sort = (column, near) => {
    const middle = new Map(column.map((name) => {
      const places = near.get(name).map((other) => place.get(other));
      return [name, places.length ? places.reduce((sum, one) => sum + one, 0) / places.length : place.get(name)];
    }));
    column.sort((left, right) => middle.get(left) - middle.get(right));
    note(column);
  };
  for (let round = 0; round < 3; round += 1) {
    for (const column of columns.slice(1)) sort(column, parents);
    for (const column of columns.slice(0, -1).reverse()) sort(column, children);
  }
}
