"use strict";
// The sections of the page, in its order.

const SEVERAL = DATA.accounts.length > 1;
const byId = (id) => document.getElementById(id);

function lead() {
  const [from, to, days] = DATA.window;
  const covered = DATA.accounts.map(([, name, , n]) => (SEVERAL ? `${name} ${n}` : `${n}`));
  byId("lead").textContent = `Granted against used on ${dateText(DATA.day)}: grants of that day, use from ${dateText(from)} to ${dateText(to)} (${many(days, "day", "days")}; `
    + `complete logs on ${SEVERAL ? covered.join(", ") : covered[0]} of them)`;
}

function headline() {
  byId("numbers").append(...DATA.numbers.map(([name, label, value, before, better, whole, unsure]) => {
    const shown = value === null ? "not known" : number(Math.round(value));
    return element("div", { class: `card ${name}` }, element("dt", {}, label), element("dd", { class: "value" }, shown),
      element("dd", { class: "whole" }, whole === null ? "\u00a0" : name === "without_use" ? `of ${many(whole, "user or role", "users and roles")}${unsure ? `; of ${number(unsure)} it is not known` : ""}` : `${percent(value, whole)} of ${number(whole)}`),
      element("dd", { class: "change" }, changeText(value, before, better)));
  }));
}

function percent(part, whole) {
  const share = whole ? (100 * part) / whole : 0;
  return share > 0 && share < 0.1 ? "under 0.1 %" : `${share.toFixed(share < 10 ? 1 : 0)} %`;
}

function changeText(value, before, better) {
  if (value === null) return element("span", {}, "the logs are complete on no day");
  if (before === null) return element("span", {}, DATA.compared ? `not comparable with ${dateText(DATA.compared)}` : "no earlier stored day in the window");
  const change = Math.round(value) - Math.round(before);
  if (change === 0) return element("span", {}, `as on ${dateText(DATA.compared)}`);
  const good = better === "less" ? change < 0 : null;
  return element("span", { class: good === null ? "" : good ? "good" : "bad" },
    element("span", { "aria-hidden": "true" }, change > 0 ? "▲ " : "▼ "),
    `${number(Math.abs(change))} ${change > 0 ? "more" : "fewer"} than on ${dateText(DATA.compared)}`);
}

function notice() {
  const thin = DATA.accounts.filter(([, , , covered]) => covered < DATA.window[2]);
  if (!thin.length) return;
  byId("notice").append(element("p", { class: "warn" }, "The logs do not cover the whole window: what was used on the other days is not known, and may look unused here. ",
    element("a", { href: "#gaps" }, "What is not known")));
}

function trend() {
  const texts = document.querySelectorAll(".charts [aria-label]");
  texts.forEach((one) => { // The pictures' own words become tooltips.
    const words = document.createElementNS("http://www.w3.org/2000/svg", "title");
    words.textContent = one.getAttribute("aria-label");
    if (one.getAttribute("aria-roledescription") === "point") one.prepend(words);
  });
  if (!DATA.series.length) { byId("trend").hidden = true; return; }
  document.querySelector(".charts figcaption").after(element("p", { class: "legend" }, DATA.levels.slice(0, 5).map((name, level) => element("span", {}, levelMark(level), name))));
  const heads = ["Day", "Unused", "Used", "Unknown", "Not granted", "Users and roles", "Risk score"];
  const made = element("details", {}, element("summary", {}, "The same as a table"));
  made.append(element("div", { class: "scroll" }, element("table", { class: "small" }, element("caption", { class: "hidden" }, "The trend by day"),
    element("thead", {}, element("tr", {}, heads.map((name, n) => element("th", { scope: "col", class: n ? "number" : "" }, name)))),
    element("tbody", {}, [...DATA.series].reverse().map((row) => element("tr", {}, row.map((value, n) => (n
      ? element("td", { class: "number" }, value === null ? "–" : number(Math.round(value))) : element("th", { scope: "row" }, value)))))))));
  byId("series").append(made);
}

function changed() {
  const [first] = DATA.since;
  const last = DATA.since.at(-1);
  const since = first === last ? dateText(first || DATA.day) : `the nearest earlier stored day of each account (${dateText(first)} to ${dateText(last)})`;
  if (!DATA.changed.length) {
    byId("changed").append(element("p", {}, first ? `Nothing since ${since}.` : "Nothing is known to have changed: the window holds no earlier stored day."));
    return;
  }
  byId("changed").append(element("p", {}, `Since ${since}.`), grid({
    caption: `Changes since ${since}`, rows: DATA.changed, noun: ["change", "changes"], sort: [1, 1], first: 10,
    columns: [
      { label: "User or role", value: (row) => row[3], cell: (row) => who(row[3], row[2], row[0]) },
      { label: "Change", value: (row) => row[1], cell: (row) => element("span", { title: DATA.changes[row[1]] || null }, row[1].replaceAll("_", " ")) },
      { label: "Actions", number: true, value: (row) => (row[5] ? row[4] : 0), cell: (row) => (row[5] ? number(row[4]) : "") },
      { label: "Such as", rank: 2, value: (row) => row[5], cell: (row) => element("code", {}, row[5]) },
      { label: "Policy", rank: 3, value: (row) => row[6], cell: (row) => element("span", { class: "long" }, row[6]) },
    ],
  }));
  if (DATA.more_changes) byId("changed").append(element("p", {}, `${many(DATA.more_changes, "more row is", "more rows are")} not shown: the table permission_changes has them all.`));
}

function who(name, type, account) {
  return [element("span", { class: "name" }, name), " ", element("span", { class: "about" }, SEVERAL ? `${type} of ${DATA.accounts[account][1]}` : type)];
}

function removable() {
  if (!DATA.removals.length) {
    byId("removals").append(element("p", {}, "There is no policy or statement of which something is unused and nothing in use."));
    return;
  }
  byId("removals").append(
    element("p", {}, "The logs show no use of anything that only these grant. Where some of it is unknown, look at it first: CloudTrail would not show its use."),
    grid({
      caption: "Policies and statements of which no use is seen", rows: DATA.removals, noun: ["policy or statement", "policies and statements"], sort: [2, -1], first: 8,
      columns: [
        { label: "Policy", value: (row) => TEXTS[row[1]], cell: (row) => removalName(row) },
        { label: "Of", rank: 2, value: (row) => row[7], cell: (row) => (row[7] === 1 ? TEXTS[row[8]] : many(row[7], "user or role", "users and roles")) },
        { label: "Unused", number: true, value: (row) => row[5], cell: (row) => number(row[5]) },
        { label: "Unknown", number: true, value: (row) => row[6], cell: (row) => number(row[6]) },
      ],
    }));
}

function removalName([account, policy, kind, statement, sid]) {
  const arn = TEXTS[policy].startsWith("arn:") ? TEXTS[policy] : "";
  const part = statement < 0 ? "whole policy: detach it" : `statement ${statement}${TEXTS[sid] ? ` “${TEXTS[sid]}”` : ""}`;
  return [element("span", { class: "name", title: arn || null }, policyName(arn, TEXTS[policy])), " ",
    element("span", { class: "about" }, `${TEXTS[kind]}, ${part}${SEVERAL ? `, ${DATA.accounts[account][1]}` : ""}`)];
}

function share(person) {
  const whole = Math.max(1, judged(person));
  const bar = element("span", { class: "share", "aria-hidden": "true" });
  for (const kind of ["used", "unknown", "unused"]) {
    const one = element("span", { class: `part ${kind}` });
    one.style.width = `${(100 * person[kind]) / whole}%`;
    bar.append(one);
  }
  return [bar, element("span", { class: "hidden" }, percent(person.used, judged(person)))];
}

// Not what is granted: where a policy could not be read, what was used without a known grant is unknown, too.
function judged(person) {
  return person.used + person.unknown + person.unused;
}

function people() {
  const columns = [
    { label: "User or role", class: "who", value: (one) => one.name, cell: (one) => who(one.name, one.type, one.account) },
    { label: "Risk", number: true, value: (one) => one.risk, cell: (one) => number(Math.round(one.risk)) },
    { label: "Unused", number: true, value: (one) => one.unused, cell: (one) => number(one.unused) },
    { label: "Used", number: true, rank: 2, value: (one) => one.used, cell: (one) => number(one.used) },
    { label: "Unknown", number: true, rank: 2, value: (one) => one.unknown, cell: (one) => number(one.unknown) },
    { label: "Not granted", number: true, rank: 3, value: (one) => one.not_granted, cell: (one) => (one.not_granted ? number(one.not_granted) : "") },
    { label: "Share used", number: true, rank: 3, value: (one) => one.used / Math.max(1, judged(one)), cell: share },
    { label: "Last seen", rank: 3, value: (one) => one.last_seen, class: "when", cell: (one) => one.last_seen.slice(0, 10) || unseen(one) },
  ];
  const made = grid({
    caption: "Users and roles with their risk and permissions", rows: PEOPLE, noun: ["user or role", "users and roles"], sort: [1, -1], columns,
    text: (one) => `${one.name} ${one.arn} ${one.id} ${one.type} ${DATA.accounts[one.account].slice(0, 2).join(" ")}`,
    hint: "Name, ARN or account", unfold: personView,
    filters: [["All", null], ["Users", (one) => one.type === "user"], ["Roles", (one) => one.type === "role"], ["Never seen", (one) => one.activity === "unused"]],
  });
  byId("people").append(element("p", {}, "The risk score adds up what is unused, an administrator's action weighing more than a look at a list. Open one to see what grants it, and what could go."), made);
  return made;
}

// Whoever is in no log was never seen only where the logs would show it.
function unseen(person) {
  return person.activity === "unknown" ? "not known" : "never";
}

function idle(open) {
  const rows = PEOPLE.filter((one) => one.activity !== "used");
  if (!rows.length) {
    byId("idle").append(element("p", {}, "Every user and role shows up in the logs of this window."));
    return;
  }
  const says = (one) => {
    if (one.assumptions) return "assumed, and nothing done in it";
    if (one.activity === "unknown") return one.iam_last_used ? "IAM says it was used, the logs do not show it" : "cannot be known";
    return one.type === "role" ? "nobody assumed it" : "did nothing";
  };
  byId("idle").append(grid({
    caption: "Users and roles without any event in the logs of the window", rows, noun: ["user or role", "users and roles"], sort: [2, -1], first: 15,
    columns: [
      { label: "User or role", class: "who", value: (one) => one.name, cell: (one) => element("button", { type: "button", class: "link", onclick: () => open(one) }, who(one.name, one.type, one.account)) },
      { label: "What the logs say", value: says, cell: says },
      { label: "Unused", number: true, value: (one) => one.unused, cell: (one) => number(one.unused) },
      { label: "Assumed", number: true, rank: 2, value: (one) => one.assumptions, cell: (one) => (one.assumptions ? number(one.assumptions) : "") },
      { label: "Last assumed", rank: 3, value: (one) => one.assumed_at, cell: (one) => one.assumed_at.slice(0, 10) },
      { label: "Created", rank: 2, value: (one) => one.created, cell: (one) => one.created.slice(0, 10) },
      { label: "Last used, says IAM", rank: 3, value: (one) => one.iam_last_used, cell: (one) => one.iam_last_used.slice(0, 10) },
    ],
  }));
}

function missing(open) {
  const rows = PEOPLE.flatMap((one) => DATA.more[one.at][4].map(([at, reason, events, last]) => ({ one, at, reason: TEXTS[reason], events, last })));
  if (!rows.length) {
    byId("missing").append(element("p", {}, "Nothing: whatever the logs show as used is granted."));
    return;
  }
  byId("missing").append(grid({
    caption: "Actions used without a grant", rows, noun: ["action", "actions"], sort: [2, -1], first: 15,
    text: (row) => `${row.one.name} ${row.one.arn} ${ACTIONS[row.at][0]}:${ACTIONS[row.at][2]} ${row.reason}`, hint: "Name or action",
    columns: [
      { label: "Action", value: (row) => `${ACTIONS[row.at][0]}:${ACTIONS[row.at][2]}`, cell: (row) => actionName(row.at) },
      { label: "By", value: (row) => row.one.name, cell: (row) => element("button", { type: "button", class: "link", onclick: () => open(row.one) }, who(row.one.name, row.one.type, row.one.account)) },
      { label: "Calls", number: true, value: (row) => row.events, cell: (row) => number(row.events) },
      { label: "Last", rank: 2, value: (row) => row.last, cell: (row) => row.last },
      { label: "Why", rank: 3, value: (row) => row.reason, cell: (row) => REASONS[row.reason] || row.reason },
    ],
  }));
}

function gaps() {
  for (const [account, name, words] of DATA.accounts) {
    if (SEVERAL) byId("gaps").append(element("h3", {}, `${name} (${account})`));
    byId("gaps").append(element("ul", {}, words.map((text) => element("li", {}, text))));
  }
}

lead();
headline();
notice();
trend();
changed();
removable();
const table = people();
idle(table.open);
missing(table.open);
gaps();
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input, textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    byId("people").querySelector("input").focus();
  }
});
document.documentElement.dataset.ready = "yes";
