// The SQL editor: CodeMirror 6 where it is installed, else a plain text area with the same interface. The area is there
// at once; CodeMirror takes its place when it has arrived.
import { el, fill } from "/shared/dom.js";

/**
 * @param place where it goes
 * @param text what it starts with
 * @param onRun called for Ctrl+Enter
 * @returns an object with `text` (get, set), `selected`, `focus()`, `insert(text)`, `mark(offset)`, `schema(tables)`
 */
export function openEditor(place, text, onRun) {
  const area = el("textarea", { value: text, spellcheck: false, autocapitalize: "none", "aria-label": "SQL", onkeydown: (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onRun();
    }
  } });
  fill(place, area);
  const editor = {
    get text() { return area.value; },
    set text(value) { area.value = value; },
    get selected() { return area.value.slice(area.selectionStart, area.selectionEnd); },
    get selectionStart() { return area.selectionStart; },
    focus() { area.focus(); },
    insert(words) { area.setRangeText(words, area.selectionStart, area.selectionEnd, "end"); area.focus(); },
    mark(offset) { area.focus(); area.setSelectionRange(offset, offset); },
    schema() {},
  };
  upgrade(place, area, editor, onRun).catch(() => null);  // the text area does the work then
  return editor;
}

async function upgrade(place, area, editor, onRun) {
  const [cm, language] = await Promise.all([import("/vendor/codemirror/index.js"), import("/vendor/codemirror/lang-sql.js")]);
  // In a shadow root CodeMirror adopts constructed style sheets, which the content security policy allows.
  const host = el("div", { class: "host" });
  const root = host.attachShadow({ mode: "open" });
  const languagePart = new cm.Compartment();
  const themePart = new cm.Compartment();
  let tables = {};
  const sql = () => language.sql({ dialect: language.PostgreSQL, schema: tables, upperCaseKeywords: false });
  const isDark = () => document.documentElement.dataset.theme === "dark";
  const theme = () => [cm.EditorView.theme({
    "&": { height: "100%", fontSize: "13.5px", backgroundColor: "transparent" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
    ".cm-gutters": { backgroundColor: "transparent", border: "0", color: "var(--faint)" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
    "&.cm-focused": { outline: "none" },
    ".cm-cursor": { borderLeftColor: "var(--text)" },
    ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "8px", overflow: "hidden" },
  }, { dark: isDark() }), cm.syntaxHighlighting(isDark() ? cm.oneDarkHighlightStyle : cm.defaultHighlightStyle)];
  const hadFocus = document.activeElement === area;
  const view = new cm.EditorView({
    root, parent: root,
    state: cm.EditorState.create({
      doc: area.value,
      selection: { anchor: Math.min(area.selectionStart, area.value.length) },
      extensions: [
        cm.Prec.highest(cm.keymap.of([{ key: "Mod-Enter", run: () => { onRun(); return true; } }])),
        cm.basicSetup, cm.keymap.of([cm.indentWithTab]), languagePart.of(sql()), themePart.of(theme()), cm.EditorView.lineWrapping,
        cm.EditorView.contentAttributes.of({ "aria-label": "SQL" }),
      ],
    }),
  });
  fill(place, host);
  if (hadFocus) view.focus();
  window.addEventListener("themechange", () => view.dispatch({ effects: themePart.reconfigure(theme()) }));
  Object.defineProperties(editor, {
    text: {
      get: () => view.state.doc.toString(),
      set: (value) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } }),
    },
    selected: { get: () => view.state.sliceDoc(view.state.selection.main.from, view.state.selection.main.to) },
    selectionStart: { get: () => view.state.selection.main.from },
  });
  editor.focus = () => view.focus();
  editor.insert = (words) => { view.dispatch(view.state.replaceSelection(words)); view.focus(); };
  editor.mark = (offset) => {
    const at = Math.max(0, Math.min(offset, view.state.doc.length));
    view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    view.focus();
  };
  editor.schema = (known) => {
    tables = known;
    view.dispatch({ effects: languagePart.reconfigure(sql()) });
  };
  if (editor.pendingSchema) editor.schema(editor.pendingSchema);
}
