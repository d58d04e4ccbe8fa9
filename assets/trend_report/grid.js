"use strict";
// A table that sorts, searches and unfolds. Rows are drawn as they are needed: a page may have thousands.

const CHUNK = 60;
const COLLATOR = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
let grids = 0;

// columns: [{label, value(row), cell(row), number, rank}]; rank 2 and 3 are hidden where there is little room.
// about: {caption, rows, columns, noun: [one, many], text(row), unfold(row), sort: [column, direction], filters,
//         first: so many rows until somebody asks for all}
function grid(about) {
  const id = `grid-${grids += 1}`;
  const state = { column: about.sort[0], direction: about.sort[1], words: "", filter: null, drawn: 0, rows: [] };
  const body = element("tbody", { role: "rowgroup" });
  const said = element("p", { class: "said", role: "status", "aria-live": "polite" });
  const rest = element("button", { type: "button", class: "rest", onclick: () => draw(Infinity) });
  const heads = about.columns.map((column, n) => head(column, n));
  const table = element("table", { role: "table", id, "aria-rowcount": about.rows.length + 1 },
    element("caption", { class: "hidden" }, about.caption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, heads)), body);
  const texts = about.text ? new Map() : null;

  function head(column, n) {
    const button = element("button", { type: "button", onclick: () => sortBy(n) }, column.label,
      element("span", { class: "arrow", "aria-hidden": "true" }));
    return element("th", { role: "columnheader", scope: "col", class: classOf(column) }, button);
  }

  function classOf(column) {
    return [column.number ? "number" : "", column.rank ? `rank-${column.rank}` : "", column.class || ""].join(" ").trim();
  }

  function sortBy(n) {
    const first = about.columns[n].number ? -1 : 1;
    state.direction = state.column === n ? -state.direction : first;
    state.column = n;
    show();
  }

  function matches(row) {
    if (state.filter && !state.filter(row)) return false;
    if (!state.words) return true;
    if (!texts.has(row)) texts.set(row, about.text(row).toLowerCase());
    return state.words.split(/\s+/).every((word) => texts.get(row).includes(word));
  }

  function show() {
    const { value, number: numeric } = about.columns[state.column];
    const compare = numeric ? (a, b) => value(a) - value(b) : (a, b) => COLLATOR.compare(value(a), value(b));
    state.rows = about.rows.filter(matches);
    state.rows.sort((a, b) => state.direction * compare(a, b));
    heads.forEach((one, n) => {
      one.setAttribute("aria-sort", n === state.column ? (state.direction > 0 ? "ascending" : "descending") : "none");
    });
    body.replaceChildren();
    state.drawn = 0;
    draw(about.first || CHUNK);
    const all = about.rows.length;
    const shown = state.rows.length === all ? many(all, ...about.noun) : `${number(state.rows.length)} of ${many(all, ...about.noun)}`;
    said.textContent = `${shown}, sorted by ${about.columns[state.column].label.toLowerCase()}`;
  }

  function draw(count) {
    const until = Math.min(state.rows.length, state.drawn + count);
    const lines = document.createDocumentFragment();
    for (let n = state.drawn; n < until; n += 1) lines.append(line(state.rows[n], n));
    body.append(lines);
    state.drawn = until;
    rest.hidden = until >= state.rows.length;
    rest.textContent = `Show all ${number(state.rows.length)}`;
  }

  function line(row, n) {
    const made = element("tr", { role: "row", "aria-rowindex": n + 2 });
    about.columns.forEach((column, at) => {
      const inside = at === 0 && about.unfold ? opener(row, made, column) : column.cell(row);
      const kind = at === 0 ? { role: "rowheader", scope: "row" } : { role: "cell" };
      made.append(element(at === 0 ? "th" : "td", { ...kind, class: classOf(column) }, inside));
    });
    return made;
  }

  function opener(row, made, column) {
    const button = element("button", { type: "button", class: "opener", "aria-expanded": "false" }, element("span", {}, column.cell(row)));
    function toggle(open) {
      const old = made.nextElementSibling;
      if (old && old.classList.contains("unfolded")) old.remove();
      button.setAttribute("aria-expanded", String(open));
      made.classList.toggle("open", open);
      if (!open) return;
      const cell = element("td", { role: "cell", colspan: about.columns.length }, about.unfold(row));
      made.after(element("tr", { role: "row", class: "unfolded" }, cell));
      cell.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { toggle(false); button.focus(); }
      });
    }
    button.addEventListener("click", () => toggle(button.getAttribute("aria-expanded") !== "true"));
    made.openRow = () => toggle(true);
    return button;
  }

  function bar() {
    if (!about.text) return null;
    const field = element("input", { type: "search", id: `${id}-search`, placeholder: about.hint || "", autocomplete: "off", spellcheck: "false" });
    field.addEventListener("input", () => { state.words = field.value.trim().toLowerCase(); show(); });
    const chips = (about.filters || []).map(([label, filter], n) => {
      const chip = element("button", { type: "button", class: "chip", "aria-pressed": String(n === 0) }, label);
      chip.addEventListener("click", () => {
        chips.forEach((one) => one.setAttribute("aria-pressed", String(one === chip)));
        state.filter = filter;
        show();
      });
      return chip;
    });
    return element("div", { class: "bar" },
      element("label", { for: `${id}-search` }, "Search"), field,
      chips.length ? element("div", { class: "chips", role: "group", "aria-label": "Show" }, chips) : null);
  }

  const made = element("div", { class: "grid" }, bar(), said, element("div", { class: "scroll", tabindex: "-1" }, table), rest);
  show();
  if (!about.first) new IntersectionObserver((seen) => {
    if (seen.some((one) => one.isIntersecting) && !rest.hidden) draw(CHUNK);
  }, { rootMargin: "600px" }).observe(rest);
  window.addEventListener("beforeprint", () => draw(Infinity));
  made.open = (row) => {
    state.words = ""; state.filter = null; show();
    const n = state.rows.indexOf(row);
    if (n < 0) return;
    draw(Math.max(0, n + 1 - state.drawn));
    const found = body.querySelector(`tr[aria-rowindex="${n + 2}"]`);
    found.openRow();
    found.scrollIntoView();
    found.querySelector("button").focus({ preventScroll: true });
  };
  return made;
}
