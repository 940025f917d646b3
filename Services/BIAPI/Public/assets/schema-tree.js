// The schema browser: schemas, their relations, and their columns. A click on a column puts its name into the editor.
import { el, fill, icon } from "/shared/dom.js";

/** Draws `catalogue.schemas` into `place`; `insert` gets a name, `preview` a relation. */
export function drawSchemas(place, search, catalogue, { insert, preview }) {
  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const schemas = catalogue.schemas
      .map((schema) => ({ ...schema, relations: schema.relations.filter((relation) => matches(schema, relation, wanted)) }))
      .filter((schema) => schema.relations.length);
    fill(place, schemas.length
      ? schemas.map((schema) => drawSchema(schema, wanted))
      : el("p", { class: "about" }, wanted ? "Nothing has such a name." : "There is nothing to read yet."));
  };
  const drawSchema = (schema, wanted) => el("details", { class: "schema", open: Boolean(wanted) || schema.relations.length < 30 },
    el("summary", {}, icon("chevron"), schema.name),
    schema.relations.map((relation) => drawRelation(schema, relation, wanted)));
  const drawRelation = (schema, relation, wanted) => {
    const name = `${quoted(schema.name)}.${quoted(relation.name)}`;
    const open = Boolean(wanted) && !relation.name.toLowerCase().includes(wanted);
    return el("details", { class: "relation", open },
      el("summary", { title: relation.description ?? name }, icon("chevron"), el("span", { class: "name" }, relation.name),
        el("button", { type: "button", "aria-label": `Show rows of ${name}`, onclick: (event) => { event.preventDefault(); preview(name); } }, "rows")),
      relation.description && el("div", { class: "about" }, relation.description),
      relation.columns.map((column) => el("button", { class: "column", type: "button", title: column.description ?? `Insert ${column.name}`, onclick: () => insert(quoted(column.name)) },
        el("span", {}, column.name), el("span", { class: "type" }, column.type))));
  };
  search.addEventListener("input", draw);
  draw();
}

function matches(schema, relation, wanted) {
  if (!wanted) return true;
  return `${schema.name}.${relation.name}`.toLowerCase().includes(wanted) || relation.columns.some((column) => column.name.toLowerCase().includes(wanted));
}

/** A name as SQL takes it. */
export const quoted = (name) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
