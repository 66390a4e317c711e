"use strict";
// Shows what alertik's core, compiled to WebAssembly, says about a rule. All
// text reaches the page through textContent: a log line is hostile here too.

const NOTIFIERS = ["Telegram", "Slack", "Teams", "Discord", "Generic1", "Generic2", "Generic3", "Generic4", "Console"];
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

function number() {
  const value = Number.parseInt($("number").value, 10);
  return Number.isInteger(value) && value >= 0 && value <= 63 ? value : 0;
}

function question() {
  const now = new Date();
  return [
    chosen("type"),
    $("pattern").value,
    $("mask").value,
    $("notifier").value,
    String(number()),
    String(Math.floor(now.getTime() / 1000)),
    String(-60 * now.getTimezoneOffset()),
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

// Shows an excerpt of the field with a caret under the offending character.
function showError(id, error) {
  const field = $(id);
  const box = $(`${id}-error`);
  field.setAttribute("aria-invalid", String(Boolean(error)));
  box.hidden = !error;
  if (!error) return;
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
  if (answer.pattern.plan) notes.push(element("li", "", `How: ${answer.pattern.plan}.`));
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

function lineItem(line, near) {
  const match = line.matches[0];
  const item = element("li", match ? "hit" : "miss");
  const verdict = match ? "matches" : line.own_output ? "alertik’s own output, never matched" : "no match";
  item.append(element("p", "verdict", `Line ${line.line}: ${verdict}`));
  if (!match) {
    item.append(...(near ? nearlyMatching(line.message, near) : [element("code", "log", line.message)]));
    return item;
  }
  if (isLocated(match)) {
    item.append(highlighted(line.message, match));
    if (match.groups.length > 0) item.append(groupList(match));
  } else {
    item.append(element("code", "log", line.message));
    item.append(element("p", "note", "Locating the match would take too much work, so the message has no groups."));
  }
  item.append(element("span", "who", `${match.notifiers.join(", ")} gets`), element("div", "bubble", match.text));
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
  const shown = answer.lines ?? [];
  $("result").replaceChildren(...shown.map((line, index) => lineItem(line, answer.near[index])));
  if (answer.lines === undefined) {
    summarise("The rule has a mistake: see above.", false);
    return;
  }
  const matching = shown.filter((line) => line.matches.length > 0).length;
  const groups = answer.pattern.groups;
  const with_groups = groups === 0 ? "no groups" : groups === 1 ? "one group" : `${groups} groups`;
  const more = lines().length > LINES_MAX ? ` Only the first ${LINES_MAX} lines are shown; alertik match takes any number.` : "";
  const count = shown.length === 0 ? "Add log lines to see what matches." : `${matching} of ${shown.length} line${shown.length === 1 ? "" : "s"} match${matching === 1 ? "es" : ""}.`;
  summarise(`The rule is valid, with ${with_groups}. ${count}${more}`, matching > 0);
}

let forms = null;

function showForm() {
  const form = chosen("form");
  $("form").textContent = forms ? forms[form] : "The lines to copy appear here once the rule is valid.";
  $("copy").disabled = !forms;
  const least = number() + 1;
  $("form-note").textContent = `ENV_EVENTS is the number of rules: with EVENT${number()}_, at least ${least}.` +
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
  showNotes(answer);
  showResult(answer);
  forms = answer.forms ?? null;
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
  changed();
}

// The address holds the state as JSON in base64url.
function stateToHash() {
  const state = { type: chosen("type"), pattern: $("pattern").value, mask: $("mask").value, lines: lines(), notifier: $("notifier").value, number: number(), form: chosen("form") };
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
    load({ type: string(state.type), pattern: string(state.pattern), mask: string(state.mask), lines: (Array.isArray(state.lines) ? state.lines : []).map(string) });
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
  else if (!event.target.matches("#examples, #samples")) changed();
});
$("load-example").addEventListener("click", () => load(EXAMPLES[$("examples").value]));
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
