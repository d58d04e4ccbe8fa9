"use strict";
// The page's data, and how elements are made of it: texts only ever become text nodes.

const DATA = JSON.parse(document.getElementById("data").textContent);
const TEXTS = DATA.texts;
const REASONS = DATA.reasons;
const NUMBER = new Intl.NumberFormat("en");

// One entry an action: [service, place of its access level, name].
const ACTIONS = [];
for (const [service, level, names] of DATA.actions) {
  for (const name of names) ACTIONS.push([service, level, name]);
}

// "0 2 3 1": left out and following one another, in turn.
function unpacked(runs) {
  const found = [];
  let at = 0;
  const parts = runs ? runs.split(" ") : [];
  for (let n = 0; n < parts.length; n += 2) {
    at += Number(parts[n]);
    for (let left = Number(parts[n + 1]); left > 0; left -= 1) found.push(at++);
  }
  return found;
}

const PEOPLE = DATA.people.map((row, at) => {
  const person = { at };
  DATA.columns.forEach((name, n) => { person[name] = row[n]; });
  person.owner = TEXTS[person.owner];
  return person;
});

function element(tag, about, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === "") continue;
    made.append(child instanceof Node ? child : String(child));
  }
  return made;
}

function number(value) {
  return NUMBER.format(value);
}

function many(n, one, more) {
  return `${number(n)} ${n === 1 ? one : more}`;
}

function levelName(level) {
  return DATA.levels[level] || "Unknown level";
}

function levelMark(level) {
  return element("span", { class: `level level-${level}`, "aria-hidden": "true" });
}

function dateText(text) {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  const names = ["January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December"];
  return `${day} ${names[month - 1]} ${year}`;
}

// The last part of a policy's ARN; the whole of it is the title.
function policyName(arn, name) {
  return arn ? arn.slice(arn.lastIndexOf("/") + 1) : name;
}
