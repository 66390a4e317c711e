// Shows what the core says about the rules and the lines.

const COLOURS = 6;

// --- Mistakes ---------------------------------------------------------------

// Returns a mistake as a sentence. One that has a place says it in characters.
function problemText({ variable, text, value, offset }) {
  if (offset === undefined) return `${variable}: ${text}.`;
  const after = [...slice(value, offset)];
  const place = after.length ? `character ${characterAt(value, offset)}, “${after[0]}”` : "at the end";
  return `${variable}, ${place}: ${text}.`;
}

// Returns an excerpt of the value with a caret under the offending character.
function excerpt({ value, offset }) {
  const before = [...slice(value, 0, offset)].map((c) => (c < " " ? "·" : c));
  const after = [...slice(value, offset)].map((c) => (c < " " ? "·" : c));
  const head = (before.length > 18 ? "…" : "") + before.slice(-18).join("");
  const tail = after.slice(1, 18).join("") + (after.length > 18 ? "…" : "");
  const pre = element("pre");
  pre.setAttribute("aria-hidden", "true");
  pre.append(head, element("b", "", after[0] ?? " "), `${tail}\n${" ".repeat([...head].length)}^`);
  return pre;
}

// Shows the mistakes in a field under it.
function showProblems(id, problems) {
  const box = $(`${id}-error`);
  const isWrong = problems.some((problem) => problem.error);
  $(id).setAttribute("aria-invalid", String(isWrong));
  box.hidden = problems.length === 0;
  box.classList.toggle("warning", !isWrong);
  const parts = problems.flatMap((problem) => {
    const text = element("p", "", problemText(problem));
    return problem.offset === undefined ? [text] : [excerpt(problem), text];
  });
  box.replaceChildren(...parts);
}

// Shows all mistakes at the fields of the current rule, and returns the rules that have errors.
function showAllProblems(problems) {
  const all = numbers();
  const own = problems.filter(({ variable }) => variable.startsWith(`EVENT${all[current]}_`));
  const fieldOf = ({ variable }) => FIELDS[variable.slice(variable.indexOf("_") + 1)];
  for (const id of Object.values(FIELDS)) showProblems(id, own.filter((problem) => fieldOf(problem) === id));
  const isOfNotifier = ({ variable }) => variable.endsWith("_NOTIFIER");
  showProblems("notifiers", own.filter(isOfNotifier));
  showProblems("more", own.filter((problem) => !fieldOf(problem) && !isOfNotifier(problem)));
  const fault = numberFault(rules[current]);
  showProblems("number", fault ? [{ variable: "The rule number", text: fault, error: true }] : []);
  if (own.some((problem) => problem.error && ![...REQUIRED].some((name) => problem.variable.endsWith(`_${name}`)))) $("policies").open = true;
  const isWrong = (number) => problems.some(({ variable, error }) => error && variable.startsWith(`EVENT${number}_`));
  return [...rules.keys()].filter((index) => numberFault(rules[index]) !== null || isWrong(all[index]));
}

// --- Lines ------------------------------------------------------------------

// Splits a line at the boundaries of the match and its groups. Each piece has the
// colour of the innermost group around it; a group's number is shown where the
// group begins.
function highlighted(message, match) {
  const text = (start, end) => slice(message, start, end);
  const code = element("code", "log");
  const mark = element("mark");
  const groups = match.groups.map((group, index) => group && { ...group, number: index + 1 }).filter((group) => group && group.end > group.start);
  const borders = new Set([match.start, match.end]);
  for (const group of groups) borders.add(group.start).add(group.end);
  const sorted = [...borders].sort((a, b) => a - b);
  sorted.slice(1).forEach((end, index) => {
    const start = sorted[index];
    const around = groups.filter((group) => group.start <= start && end <= group.end);
    if (around.length === 0) {
      mark.append(text(start, end));
      return;
    }
    const innermost = around.reduce((a, b) => (b.end - b.start <= a.end - a.start ? b : a));
    const piece = element("span", `g c${innermost.number % COLOURS}`, text(start, end));
    const beginning = around.filter((group) => group.start === start).map((group) => group.number);
    piece.dataset.label = beginning.join(" ");
    mark.append(piece);
  });
  code.append(text(0, match.start), mark, text(match.end));
  return code;
}

function groupList(message, match) {
  const list = element("dl", "groups");
  match.groups.forEach((group, index) => {
    const entry = element("div");
    const name = element("dt", `c${(index + 1) % COLOURS}`, `@${index + 1}`);
    const value = element("dd");
    if (group && group.text !== "") {
      const [first, last] = [characterAt(message, group.start), characterAt(message, group.end) - 1];
      const place = first === last ? `character ${first}` : `characters ${first}–${last}`;
      value.append(element("code", "", group.text), element("small", "", ` ${place}`));
    } else {
      value.append(element("small", "", group ? "empty" : "took no part"));
    }
    entry.append(name, value);
    list.append(entry);
  });
  return list;
}

// Shows how far a line agrees with the current rule.
function nearlyMatching(message, near) {
  const code = element("code", "log");
  const agrees = element("span", "agrees", slice(message, near.start, near.end));
  code.append(slice(message, 0, near.start), agrees, slice(message, near.end));
  const name = rules.length > 1 ? `EVENT${numbers()[current]}` : "The rule";
  if (near.wants === "") return [code, element("p", "note", `${name} agrees with this part, and an exception or a filter leaves the line out.`)];
  const note = element("p", "note", `${name} agrees with this part, and then wants `);
  note.append(element("code", "", near.wants));
  return [code, note];
}

// Shows one match of a line, and what comes of it.
function matchParts(message, match) {
  const parts = rules.length > 1 ? [element("p", "rule", match.rule)] : [];
  // A match that would take too much work to locate has no position.
  if (match.start !== undefined) {
    parts.push(highlighted(message, match));
    if (match.groups.length > 0) parts.push(groupList(message, match));
  } else {
    parts.push(element("code", "log", message));
    parts.push(element("p", "note", "Locating the match would take too much work, so the message has no groups."));
  }
  return match.held ? [...parts, element("p", "note", `held back: ${match.held}`)] : [...parts, ...notice(match)];
}

function notice({ notifiers, text }) {
  return [element("span", "who", `${notifiers.join(" and ")} ${notifiers.length === 1 ? "gets" : "get"}`), element("div", "bubble", text)];
}

function lineItem(line, near) {
  const isHit = line.matches.length > 0;
  const isHeld = isHit && line.matches.every((match) => match.held);
  const item = element("li", isHeld ? "hit held" : isHit ? "hit" : "miss");
  const hit = rules.length > 1 ? `${line.matches.map((match) => match.rule).join(" and ")} match${line.matches.length === 1 ? "es" : ""}` : "matches";
  const verdict = isHit ? hit : line.own_output ? "alertik’s own output, never matched" : "no match";
  item.append(element("p", "verdict", `Line ${line.line}: ${verdict}`));
  if (isHit) item.append(...line.matches.flatMap((match) => matchParts(line.message, match)));
  else item.append(...(near ? nearlyMatching(line.message, near) : [element("code", "log", line.message)]));
  return item;
}

// What timers report after the last line is asked for at once, so it has no time of its own.
function timerItem(timer, isLast) {
  const item = element("li", "timer");
  const when = isLast ? "after the last line" : `at ${timer.at}`;
  const which = rules.length > 1 ? ` of ${timer.timer}` : "";
  item.append(element("p", "verdict", `A timer${which}, ${when}`), ...notice(timer));
  return item;
}

// --- Summary ----------------------------------------------------------------

let summaryTimer = 0;

// The summary is a live region, so it waits until typing pauses. An outdated
// summary is removed at once.
function summarise(text, good) {
  clearTimeout(summaryTimer);
  if ($("summary").textContent !== text) $("summary").textContent = "";
  $("summary").classList.toggle("good", good);
  summaryTimer = setTimeout(() => ($("summary").textContent = text), 250);
}

// Returns what there is to say about the rules themselves.
function ruleSummary(answer) {
  if (rules.length > 1) return `All ${rules.length} rules are valid.`;
  const groups = answer.rules[0].groups;
  return `The rule is valid, with ${groups === 0 ? "no groups" : groups === 1 ? "one group" : `${groups} groups`}.`;
}

function showResult(answer, wrong) {
  const entries = answer.lines ?? [];
  const last = entries.findLastIndex((entry) => !entry.timer);
  const items = entries.map((entry, index) => (entry.timer ? timerItem(entry, index > last) : lineItem(entry, answer.near?.[entry.line - 1])));
  $("result").replaceChildren(...items);
  if (answer.lines === undefined) {
    const names = wrong.map((index) => `EVENT${numbers()[index]}`).join(", ");
    summarise(rules.length > 1 ? `There is a mistake in ${names}.` : "The rule has a mistake: see above.", false);
    return;
  }
  const shown = entries.filter((entry) => !entry.timer);
  const matching = shown.filter((line) => line.matches.length > 0).length;
  const more = lines().length > LINES_MAX ? ` Only the first ${LINES_MAX} lines are shown; alertik match takes any number.` : "";
  const count = shown.length === 0 ? "Add log lines to see what matches." : `${matching} of ${shown.length} line${shown.length === 1 ? "" : "s"} match${matching === 1 || shown.length === 1 ? "es" : ""}.`;
  const time = answer.pace === "lines" ? " Time passes as the lines say." : answer.pace === "step" ? ` ${step() === 1 ? "A second passes" : `${step() ?? 1} seconds pass`} from line to line.` : "";
  summarise(`${ruleSummary(answer)} ${count}${time}${more}`, matching > 0);
}

// Shows what a rule costs if it is much.
function showNotes(answer) {
  const own = answer.rules?.find(({ rule }) => rule === `EVENT${numbers()[current]}`);
  $("pattern-notes").replaceChildren(...(own?.note ? [element("li", "", `This rule ${own.note}.`)] : []));
}
