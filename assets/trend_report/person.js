"use strict";
// What unfolds below a user or role.

function personView(person) {
  const [policies, unused, unknown, used, missing] = DATA.more[person.at];
  return element("div", { class: "person" }, facts(person), grants(policies), unusedView(person, unused, policies),
    usedView(used), missingView(missing), unknownView(person, unknown));
}

function facts(person) {
  const [account, name] = DATA.accounts[person.account];
  const rows = [
    ["ARN", element("code", {}, person.arn)],
    ["Id", element("code", {}, person.id)],
    ["Account", name === account ? account : `${name} (${account})`],
    ["Created", person.created || "unknown"],
    ["Last seen in the logs", person.last_seen || (person.activity === "unknown" ? "not known: the logs tell too little" : "never in this window")],
    person.type === "role" && ["Last used, says IAM", person.iam_last_used || "no date given"],
    person.type === "role" && ["Assumed in the window", person.assumptions ? `${many(person.assumptions, "time", "times")}, last ${person.assumed_at}` : person.activity === "unknown" ? "not known" : "never, say the logs"],
    person.restricted && ["Restricted", `${many(person.restricted, "permission", "permissions")} only on some resources, under a condition, or partly denied`],
    person.excluded && ["Decided to stay", `${many(person.excluded, "unused permission", "unused permissions")}, says the configuration`],
    person.owner && ["Note", DATA.owners[person.owner]],
  ].filter(Boolean);
  return element("dl", { class: "facts" }, rows.map(([term, about]) => element("div", {}, element("dt", {}, term), element("dd", {}, about))));
}

// Effects are [unused, used, unknown, excluded, all that it grants].
function effectText([unused, used, unknown, excluded, all], what) {
  if (unused + used + unknown + excluded === 0) {
    return all ? `${what} takes nothing away: something else grants the same ${many(all, "action", "actions")}.` : `${what} takes nothing away.`;
  }
  const parts = [`${number(unused)} unused`, `${number(used)} used`];
  if (unknown) parts.push(`${number(unknown)} unknown`);
  if (excluded) parts.push(`${number(excluded)} that were decided to stay`);
  const last = parts.pop();
  return `${what} takes away ${parts.join(", ")} and ${last} actions.`;
}

function verdict([unused, used, unknown, excluded]) {
  if (used) return element("span", { class: "tag keep" }, "in use");
  if (excluded) return element("span", { class: "tag" }, "decided to stay");
  if (unused && !unknown) return element("span", { class: "tag go" }, "nothing used");
  if (unused) return element("span", { class: "tag maybe" }, "nothing seen used");
  return null;
}

function grants(policies) {
  if (!policies.length) return null;
  let place = 0;
  return element("div", {}, element("h3", {}, "What grants it, and what taking it away would do"),
    policies.map(([arn, name, kind, groups, effect, shared, statements]) => {
      const managed = TEXTS[arn];
      const aws = /^arn:aws[a-z-]*:iam::aws:policy\//.test(managed);
      const through = groups.map((one) => TEXTS[one]).filter(Boolean).map((one) => `through group ${one}`);
      if (groups.some((one) => !TEXTS[one])) through.unshift(managed ? "attached" : "inline");
      const about = [aws ? "AWS-managed" : TEXTS[kind], ...through.filter((one) => one !== TEXTS[kind])];
      if (shared > 0) about.push(`shared with ${many(shared, "other user or role", "other users and roles")}`);
      const detach = managed ? "Detaching this policy" : "Deleting this policy";
      return element("article", { class: "policy" },
        element("h4", { title: managed || null }, policyName(managed, TEXTS[name]), " ", verdict(effect)),
        element("p", { class: "about" }, about.join(" · ")),
        statements.length > 1 || aws ? element("p", {}, effectText(effect, detach)) : null,
        element("ol", { class: "statements" }, statements.map((one) => statementView(one, place += 1, aws))));
    }));
}

function statementView([at, sid, resources, condition, effect, patterns, more], place, aws) {
  return element("li", {},
    element("p", {}, element("span", { class: "place" }, `#${place}`), ` Statement ${at}${TEXTS[sid] ? ` “${TEXTS[sid]}”` : ""} `, aws ? null : verdict(effect)),
    element("p", {}, effectText(effect, aws ? "Losing this statement (AWS alone edits it)" : "Removing this statement")),
    TEXTS[resources] ? element("p", { class: "about" }, "on ", element("code", {}, TEXTS[resources])) : null,
    TEXTS[condition] ? element("p", { class: "about" }, "if ", element("code", {}, TEXTS[condition])) : null,
    element("ul", { class: "patterns" }, patterns.map(([text, [unused, used, unknown, , all]]) => element("li", {},
      element("code", {}, TEXTS[text]), " ",
      element("span", { class: unused && !used && !unknown ? "about free" : "about" },
        unused + used + unknown ? `${number(unused)} unused, ${number(used)} used${unknown ? `, ${number(unknown)} unknown` : ""}` : `nothing of its own (${many(all, "action", "actions")})`))),
    more ? element("li", { class: "about" }, `and ${many(more, "more pattern", "more patterns")}: the CSV has all`) : null));
}

function unusedView(person, sets, policies) {
  if (!person.unused) return element("p", {}, "Nothing is unused.");
  const services = new Map();
  for (const [reason, exclusion, places, , runs] of sets) {
    for (const at of unpacked(TEXTS[runs])) {
      const [service, level, name] = ACTIONS[at];
      if (!services.has(service)) services.set(service, new Map());
      const levels = services.get(service);
      if (!levels.has(level)) levels.set(level, []);
      levels.get(level).push([name, TEXTS[reason], TEXTS[exclusion], places]);
    }
  }
  const weight = (levels) => [...levels.values()].reduce((sum, names) => sum + names.length, 0);
  const ordered = [...services].sort((a, b) => weight(b[1]) - weight(a[1]) || COLLATOR.compare(a[0], b[0]));
  return element("div", {}, element("h3", {}, `Unused: ${many(person.unused, "permission", "permissions")} of ${many(ordered.length, "service", "services")}`),
    element("p", { class: "legend", "aria-hidden": "true" }, DATA.levels.map((name, level) => element("span", {}, levelMark(level), levelName(level)))),
    shortened(ordered.map(([service, levels]) => serviceView(service, levels, weight(levels))), "services"));
}

function serviceView(service, levels, weight) {
  const kinds = [...levels].sort((a, b) => a[0] - b[0]);
  const summary = element("summary", {}, element("b", {}, service), ` ${number(weight)} `,
    element("span", { class: "about" }, kinds.map(([level, names]) => [levelMark(level), `${levelName(level)} ${number(names.length)} `])));
  const made = element("details", { class: "service" }, summary);
  made.addEventListener("toggle", () => {
    if (made.open && made.children.length === 1) made.append(...kinds.map(([level, names]) => levelView(service, level, names)));
  });
  return made;
}

function levelView(service, level, names) {
  const byPlaces = new Map();
  for (const [name, reason, exclusion, places] of names.sort((a, b) => COLLATOR.compare(a[0], b[0]))) {
    const key = JSON.stringify([places, reason === "only_denied" ? reason : "", exclusion]);
    if (!byPlaces.has(key)) byPlaces.set(key, []);
    byPlaces.get(key).push(name);
  }
  return element("div", { class: "names" }, element("h5", {}, levelMark(level), ` ${levelName(level)}`),
    [...byPlaces].map(([key, list]) => {
      const [places, reason, exclusion] = JSON.parse(key);
      const why = [places.length ? `granted by ${places.map((one) => `#${one + 1}`).join(", ")}` : "",
        reason ? REASONS[reason] : "", exclusion ? `decided to stay: ${exclusion}` : ""].filter(Boolean).join("; ");
      return element("p", {}, element("span", { class: "actions" }, list.map((name) => [element("code", {}, `${service}:${name}`), " "])),
        element("span", { class: "about" }, why));
    }));
}

function usesTable(rows, caption) {
  return element("table", { class: "small" }, element("caption", { class: "hidden" }, caption),
    element("thead", {}, element("tr", {}, ["Action", "Calls", "Last"].map((name, n) => element("th", { scope: "col", class: n === 1 ? "number" : null }, name)))),
    element("tbody", {}, rows.map(([at, events, last]) => element("tr", {},
      element("th", { scope: "row" }, actionName(at)), element("td", { class: "number" }, number(events)), element("td", {}, last)))));
}

function actionName(at) {
  const [service, , name] = ACTIONS[at];
  return element("code", {}, `${service}:${name}`);
}

function usedView(used) {
  if (!used.length) return element("div", {}, element("h3", {}, "Used, as far as the logs tell: nothing that is granted"));
  const made = element("details", {}, element("summary", { class: "h3" }, `Used: ${many(used.length, "permission", "permissions")}`));
  made.append(usesTable(used, "Used permissions"));
  return made;
}

function missingView(missing) {
  if (!missing.length) return null;
  return element("div", {}, element("h3", {}, "Used without a grant"),
    element("ul", {}, missing.map(([at, reason, events, last]) => element("li", {}, actionName(at), ` ${many(events, "call", "calls")}, the last ${last}: ${REASONS[TEXTS[reason]]}`))));
}

function unknownView(person, sets) {
  if (!person.unknown) return null;
  return element("div", {}, element("h3", {}, `Unknown: ${many(person.unknown, "permission", "permissions")}`),
    [...sets].sort((a, b) => b[1] - a[1]).map(([reason, n, runs]) => {
      const made = element("details", { class: "service" }, element("summary", {}, element("b", {}, number(n)), ` ${REASONS[TEXTS[reason]] || TEXTS[reason]}`));
      made.addEventListener("toggle", () => {
        if (made.open && made.children.length === 1) {
          made.append(element("p", { class: "names actions" }, unpacked(TEXTS[runs]).map((at) => [actionName(at), " "])));
        }
      });
      return made;
    }));
}

// The first few, and a button for the others.
function shortened(items, noun) {
  if (items.length <= 12) return items;
  const rest = element("button", { type: "button", class: "rest" }, `Show all ${number(items.length)} ${noun}`);
  rest.addEventListener("click", () => {
    rest.replaceWith(...items.slice(10));
    items[10].querySelector("summary").focus();
  });
  return [...items.slice(0, 10), rest];
}
