"use strict";
// Shows what alertik's core, compiled to WebAssembly, says about a rule. All
// text reaches the page through textContent: a log line is hostile here too.

const NOTIFIERS = ["Telegram", "Slack", "Teams", "Discord", "Generic1", "Generic2", "Generic3", "Generic4", "Console"];
// The optional variables, in the order in which the core wants them; the fields have their names.
const POLICIES = ["COOLDOWN_SECS", "KEY", "THRESHOLD", "RECOVERY_STR", "RECOVERY_MSG", "GRACE_SECS"];
// What a static event has that this page can show.
const SHOWN = ["MATCH_TYPE", "MATCH_STR", "MASK_MSG", "MATCH_PART", ...POLICIES];
const NUMBER_MAX = 63;
const LINES_MAX = 200;
const SEPARATOR = 0xff;
const COLOURS = 6;
// A module's memory never shrinks; above this many bytes the core is restarted.
const MEMORY_MAX = 64 << 20;

const $ = (id) => document.getElementById(id);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

// --- The core -------------------------------------------------------------

const wasm = Uint8Array.from(atob("{{wasm}}"), (c) => c.charCodeAt(0));
const module = new WebAssembly.Module(wasm);
let core = null;

function ask(fields) {
  if (core && core.memory.buffer.byteLength > MEMORY_MAX) core = null;
  core ??= new WebAssembly.Instance(module).exports;
  const parts = fields.map((field) => encoder.encode(field));
  const length = parts.reduce((sum, part) => sum + part.length + 1, -1);
  const at = core.alertik_question(length);
  const question = new Uint8Array(core.memory.buffer, at, length);
  let end = 0;
  parts.forEach((part, index) => {
    if (index > 0) question[end++] = SEPARATOR;
    question.set(part, end);
    end += part.length;
  });
  try {
    const size = core.alertik_answer();
    return JSON.parse(decoder.decode(new Uint8Array(core.memory.buffer, core.alertik_answer_at(), size)));
  } catch (error) {
    core = null; // A module that has stopped cannot be called again.
    throw error;
  }
}

// --- The question ---------------------------------------------------------

const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;

function choose(name, value) {
  const radio = [...document.querySelectorAll(`input[name=${name}]`)].find((r) => r.value === value);
  if (radio) radio.checked = true;
}

function lines() {
  const all = $("lines").value.split("\n");
  return all.filter((line) => line !== "");
}

// Returns the rule's number, or null if it is not one.
function number() {
  const text = $("number").value;
  return /^\d{1,3}$/.test(text) && Number(text) <= NUMBER_MAX ? Number(text) : null;
}

function question() {
  const now = new Date();
  return [
    chosen("type"),
    $("pattern").value,
    $("mask").value,
    $("notifier").value,
    String(number() ?? 0),
    String(Math.floor(now.getTime() / 1000)),
    String(-60 * now.getTimezoneOffset()),
    $("MATCH_PART").checked ? "message" : "",
    ...POLICIES.map((name) => $(name).value),
    ...lines().slice(0, LINES_MAX),
  ];
}

// --- The display ----------------------------------------------------------

function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// Shows an excerpt of the field with a caret under the offending character, if there is one.
function showError(id, error) {
  const field = $(id);
  const box = $(`${id}-error`);
  field.setAttribute("aria-invalid", String(Boolean(error)));
  box.hidden = !error;
  if (!error) return;
  box.querySelector("pre").hidden = error.offset === undefined;
  if (error.offset === undefined) {
    box.querySelector("p").textContent = `This ${error.text}.`;
    return;
  }
  const bytes = encoder.encode(field.value);
  const before = [...decoder.decode(bytes.slice(0, error.offset))];
  const after = [...decoder.decode(bytes.slice(error.offset))];
  const at = before.length;
  const head = (at > 18 ? "…" : "") + before.slice(-18).join("");
  const tail = after.slice(1, 18).join("") + (after.length > 18 ? "…" : "");
  const pre = box.querySelector("pre");
  const offending = element("b", "", after[0] ?? " ");
  pre.replaceChildren(head, offending, `${tail}\n${" ".repeat([...head].length)}^`);
  const place = after.length ? `Character ${at + 1}, “${after[0]}”: ` : "At the end: ";
  box.querySelector("p").textContent = place + error.text;
}

function showNotes(answer) {
  const notes = [];
  if (answer.hint) notes.push(element("li", "hint", `Note: ${answer.hint.text}.`));
  if (answer.pattern.note) notes.push(element("li", "", `This rule ${answer.pattern.note}.`));
  $("pattern-notes").replaceChildren(...notes);
}

// Splits a line at the boundaries of the match and its groups. Each piece has the
// colour of the innermost group around it; a group's number is shown where the
// group begins.
function highlighted(message, match) {
  const bytes = encoder.encode(message);
  const text = (start, end) => decoder.decode(bytes.slice(start, end));
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

// A match that would take too much work to locate has no position.
const isLocated = (match) => match.start !== undefined;

function groupList(match) {
  const list = element("dl", "groups");
  match.groups.forEach((group, index) => {
    const entry = element("div");
    const name = element("dt", `c${(index + 1) % COLOURS}`, `@${index + 1}`);
    const value = element("dd");
    if (group && group.text !== "") {
      value.append(element("code", "", group.text), element("small", "", ` ${group.start}–${group.end}`));
    } else {
      value.append(element("small", "", group ? "empty" : "took no part"));
    }
    entry.append(name, value);
    list.append(entry);
  });
  return list;
}

// Shows how far a line agrees with the rule.
function nearlyMatching(message, near) {
  const bytes = encoder.encode(message);
  const text = (start, end) => decoder.decode(bytes.slice(start, end));
  const code = element("code", "log");
  code.append(text(0, near.start), element("span", "agrees", text(near.start, near.end)), text(near.end));
  const note = element("p", "note", "The rule agrees with this part, and then wants ");
  note.append(element("code", "", near.wants));
  return [code, note];
}

// Shows one match of a line, and what comes of it.
function matchParts(message, match) {
  const parts = [];
  if (isLocated(match)) {
    parts.push(highlighted(message, match));
    if (match.groups.length > 0) parts.push(groupList(match));
  } else {
    parts.push(element("code", "log", message));
    parts.push(element("p", "note", "Locating the match would take too much work, so the message has no groups."));
  }
  return match.held ? [...parts, element("p", "note", `held back: ${match.held}`)] : [...parts, ...notice(match)];
}

function notice({ notifiers, text }) {
  return [element("span", "who", `${notifiers.join(", ")} gets`), element("div", "bubble", text)];
}

function lineItem(line, near) {
  const isHit = line.matches.length > 0;
  const isHeld = isHit && line.matches.every((match) => match.held);
  const item = element("li", isHeld ? "hit held" : isHit ? "hit" : "miss");
  const verdict = isHit ? "matches" : line.own_output ? "alertik’s own output, never matched" : "no match";
  item.append(element("p", "verdict", `Line ${line.line}: ${verdict}`));
  if (isHit) item.append(...line.matches.flatMap((match) => matchParts(line.message, match)));
  else item.append(...(near ? nearlyMatching(line.message, near) : [element("code", "log", line.message)]));
  return item;
}

// What timers report after the last line is asked for at once, so it has no time of its own.
function timerItem(timer, isLast) {
  const item = element("li", "timer");
  const when = isLast ? "after the last line" : `at ${timer.at}`;
  item.append(element("p", "verdict", `A timer, ${when}`), ...notice(timer));
  return item;
}

let summaryTimer = 0;

// The summary is a live region, so it waits until typing pauses. An outdated
// summary is removed at once.
function summarise(text, good) {
  clearTimeout(summaryTimer);
  if ($("summary").textContent !== text) $("summary").textContent = "";
  $("summary").classList.toggle("good", good);
  summaryTimer = setTimeout(() => ($("summary").textContent = text), 250);
}

function showResult(answer) {
  const entries = answer.lines ?? [];
  const last = entries.findLastIndex((entry) => !entry.timer);
  const items = entries.map((entry, index) => (entry.timer ? timerItem(entry, index > last) : lineItem(entry, answer.near[entry.line - 1])));
  $("result").replaceChildren(...items);
  const shown = entries.filter((entry) => !entry.timer);
  if (answer.lines === undefined) {
    summarise("The rule has a mistake: see above.", false);
    return;
  }
  const matching = shown.filter((line) => line.matches.length > 0).length;
  const groups = answer.pattern.groups;
  const with_groups = groups === 0 ? "no groups" : groups === 1 ? "one group" : `${groups} groups`;
  const more = lines().length > LINES_MAX ? ` Only the first ${LINES_MAX} lines are shown; alertik match takes any number.` : "";
  const count = shown.length === 0 ? "Add log lines to see what matches." : `${matching} of ${shown.length} line${shown.length === 1 ? "" : "s"} match${matching === 1 ? "es" : ""}.`;
  const time = answer.pace === "lines" ? " Time passes as the lines say." : answer.pace === "step" ? " A second passes from line to line." : "";
  summarise(`The rule is valid, with ${with_groups}. ${count}${time}${more}`, matching > 0);
}

let forms = null;

function showForm() {
  const form = chosen("form");
  $("form").textContent = forms ? forms[form] : "The lines to copy appear here once the rule and its number are valid.";
  $("copy").disabled = !forms;
  const least = (number() ?? 0) + 1;
  $("form-note").textContent = !forms ? "" : `ENV_EVENTS is the number of rules: with EVENT${number()}_, at least ${least}.` +
    (form === "compose" ? " Compose reads $$ as $." : form.startsWith("routeros") ? " Paste into the terminal; the container needs envlist" + (form === "routeros" ? "s" : "") + "=alertik." : "");
}

let failures = 0;

function update() {
  scheduled = false;
  const isRegex = chosen("type") === "regex";
  $("pattern-label").firstChild.textContent = isRegex ? "Regular expression " : "Substring ";
  $("pattern-label").querySelector("small").hidden = !isRegex;
  let answer;
  try {
    answer = ask(question());
  } catch (error) {
    failures += 1;
    forms = null;
    $("result").replaceChildren();
    summarise("alertik’s core stopped while working on this rule. Please report the rule.", false);
    console.error(error);
    return;
  }
  showError("pattern", answer.pattern.error);
  showError("mask", answer.mask.error);
  for (const name of POLICIES) showError(name, answer.errors?.[name]);
  if (answer.errors) $("policies").open = true;
  showError("number", number() === null ? { text: `must be a whole number from 0 to ${NUMBER_MAX}` } : null);
  showNotes(answer);
  showResult(answer);
  forms = (number() !== null && answer.forms) || null;
  showForm();
}

let scheduled = false;

function changed() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(update);
}

// --- The actions ----------------------------------------------------------

let saidTimer = 0;

function say(text) {
  clearTimeout(saidTimer);
  $("said").textContent = text;
  saidTimer = setTimeout(() => ($("said").textContent = ""), 4000);
}

// Browsers grant clipboard access to secure origins only; elsewhere the old
// method has to do.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return done;
  }
}

function load(rule) {
  choose("type", rule.type);
  $("pattern").value = rule.pattern;
  $("mask").value = rule.mask;
  $("lines").value = rule.lines.join("\n");
  $("MATCH_PART").checked = rule.part === "message";
  for (const name of POLICIES) $(name).value = rule.policies?.[name] ?? "";
  $("policies").open = POLICIES.some((name) => $(name).value !== "");
  $("event-note").hidden = true;
  changed();
}

// Loads a static event, with as many lines as its threshold wants.
function loadEvent({ name, variables, sample }) {
  const count = Number.parseInt(variables.THRESHOLD ?? "1", 10);
  load({
    type: variables.MATCH_TYPE ?? "regex",
    pattern: variables.MATCH_STR,
    mask: variables.MASK_MSG,
    part: variables.MATCH_PART ?? "message",
    policies: variables,
    lines: Array(count).fill(sample),
  });
  const missing = Object.keys(variables).filter((variable) => !SHOWN.includes(variable));
  $("event-note").textContent = `STATIC_EVENTS_ENABLED=${name} turns this event on as it is.` +
    (missing.length ? ` This page leaves out its ${missing.join(", ")}.` : "");
  $("event-note").hidden = false;
}

// The address holds the state as JSON in base64url.
function stateToHash() {
  const state = { type: chosen("type"), pattern: $("pattern").value, mask: $("mask").value, lines: lines(), notifier: $("notifier").value, number: number() ?? 0, form: chosen("form") };
  if ($("MATCH_PART").checked) state.part = "message";
  const set = POLICIES.filter((name) => $(name).value !== "");
  if (set.length) state.policies = Object.fromEntries(set.map((name) => [name, $(name).value]));
  const bytes = encoder.encode(JSON.stringify(state));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function stateFromHash() {
  const hash = location.hash.slice(1);
  if (hash === "") return false;
  try {
    const text = atob(hash.replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(decoder.decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
    const string = (value) => (typeof value === "string" ? value : "");
    choose("form", string(state.form));
    $("notifier").value = NOTIFIERS.includes(state.notifier) ? state.notifier : NOTIFIERS[0];
    $("number").value = Number.isInteger(state.number) ? state.number : 0;
    const policies = Object.fromEntries(POLICIES.map((name) => [name, string(state.policies?.[name])]));
    load({ type: string(state.type), part: string(state.part), policies, pattern: string(state.pattern), mask: string(state.mask), lines: (Array.isArray(state.lines) ? state.lines : []).map(string) });
    return true;
  } catch {
    say("The address contains no rule that this page can read.");
    return false;
  }
}

function options(select, entries) {
  select.replaceChildren(...entries.map(([value, text]) => Object.assign(element("option", "", text), { value })));
}

// A variable's value has no line breaks: in the expression and in the message, \n
// stands for one.
function oneLine(event) {
  const field = event.target;
  if (!field.value.includes("\n")) return;
  const caret = field.value.slice(0, field.selectionStart).replaceAll("\n", "\\n").length;
  field.value = field.value.replaceAll("\r", "").replaceAll("\n", "\\n");
  field.setSelectionRange(caret, caret);
}

options($("examples"), EXAMPLES.map((example, index) => [index, example.name]));
const EVENTS = ask(["events"]);
options($("events"), EVENTS.map((event, index) => [index, `${event.name}: ${event.title}`]));
options($("samples"), SAMPLES.map((line, index) => [index, line]));
options($("notifier"), NOTIFIERS.map((name) => [name, name]));

for (const id of ["pattern", "mask"]) {
  $(id).addEventListener("input", oneLine);
  $(id).addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) event.preventDefault();
  });
}
document.addEventListener("input", (event) => {
  if (event.target.name === "form") showForm();
  else if (!event.target.matches("#examples, #events, #samples")) changed();
});
$("load-example").addEventListener("click", () => load(EXAMPLES[$("examples").value]));
$("load-event").addEventListener("click", () => loadEvent(EVENTS[$("events").value]));
$("add-sample").addEventListener("click", () => {
  const area = $("lines");
  const before = area.value === "" || area.value.endsWith("\n") ? area.value : `${area.value}\n`;
  area.value = before + SAMPLES[$("samples").value];
  area.scrollTop = area.scrollHeight;
  changed();
});
$("copy").addEventListener("click", async () => {
  const done = await copy($("form").textContent);
  if (!done) getSelection().selectAllChildren($("form"));
  $("copy").textContent = done ? "Copied" : "Selected: press Ctrl+C";
  say(done ? "Copied." : "The lines are selected; press Ctrl+C.");
  setTimeout(() => ($("copy").textContent = "Copy"), 2000);
});
$("link").addEventListener("click", async () => {
  history.replaceState(null, "", `#${stateToHash()}`);
  say((await copy(location.href)) ? "Done, and the address has been copied." : "Done.");
});
addEventListener("hashchange", stateFromHash);
if (!stateFromHash()) load(EXAMPLES[0]);
