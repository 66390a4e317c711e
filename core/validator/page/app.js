// The page: asks when something changes, and what its buttons do.

const LINES_MAX = 200;
// A week, in seconds.
const STEP_MAX = 604800;

function lines() {
  return $("lines").value.split("\n").filter((line) => line !== "");
}

// Returns the seconds from line to line, or null if that is not a number which `match --step`
// takes.
function step() {
  const text = $("step").value.trim();
  return /^\d{1,6}$/.test(text) && Number(text) <= STEP_MAX ? Number(text) : null;
}

function question() {
  const now = new Date();
  const all = numbers();
  const variables = rules.flatMap((rule, index) => variablesOf(rule, all[index]));
  return [
    "rules",
    String(Math.floor(now.getTime() / 1000)),
    String(-60 * now.getTimezoneOffset()),
    String(step() ?? 1),
    String(all[current]),
    String(variables.length),
    ...variables,
    ...lines().slice(0, LINES_MAX),
  ];
}

// --- The configuration --------------------------------------------------------

let forms = null;
let placeholders = [];

const FORM_NOTES = {
  routeros: "Paste the lines into a terminal of the router; its container needs envlists=alertik. To replace the rules that are there, remove them first: /container/envs/remove [find where list=alertik and key~\"EVENT\"].",
  routeros_old: "Paste the lines into a terminal of the router; its container needs envlist=alertik. To replace the rules that are there, remove them first: /container/envs/remove [find where name=alertik and key~\"EVENT\"].",
  shell: "Run the lines in the shell that starts alertik, or save them as a file for it.",
  compose: "Save this as compose.yml, and start it with docker compose up --detach. Compose reads $$ as $.",
};

function showForm() {
  const form = chosen("form");
  $("form").textContent = forms ? forms[form] : "The lines to copy appear here once all rules and their numbers are valid.";
  $("copy").disabled = !forms;
  const notes = forms ? [FORM_NOTES[form]] : [];
  if (forms && placeholders.length > 0) notes.unshift(`Put your own values in for ${placeholders.join(" and ")}.`);
  const all = numbers();
  const missing = [...Array(Math.max(...all)).keys()].filter((number) => !all.includes(number));
  if (forms && missing.length > 0) notes.push(`Rules are numbered without a gap: add ${missing.map((number) => `EVENT${number}_`).join(", ")} from elsewhere.`);
  $("form-note").textContent = notes.join(" ");
}

// --- What is shown --------------------------------------------------------------

let failures = 0;

function update() {
  scheduled = false;
  readFields();
  unchoose();
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
  const wrong = showAllProblems(answer.problems);
  showProblems("step", step() === null ? [{ variable: "The step", text: `must be whole seconds from 0 to ${STEP_MAX}`, error: true }] : []);
  showRuleList(wrong);
  showNotes(answer);
  showResult(answer, wrong);
  forms = (wrong.length === 0 && answer.forms) || null;
  placeholders = answer.placeholders ?? [];
  showForm();
}

let scheduled = false;

function changed() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(update);
}

// --- Copying --------------------------------------------------------------------

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

// --- The address ------------------------------------------------------------------

// The address holds the state as JSON in base64url.
function stateToHash() {
  readFields();
  const state = { rules, current, lines: lines(), step: step() ?? 1, form: chosen("form") };
  const bytes = encoder.encode(JSON.stringify(state));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Anybody may have written an address: what is not as it should be is left out.
function stateFromHash() {
  const hash = location.hash.slice(1);
  if (!hash) return false;
  try {
    const text = atob(hash.replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(decoder.decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
    const strings = (object) => Object.fromEntries(Object.entries(object ?? {}).filter(([, value]) => typeof value === "string"));
    const read = state.rules.slice(0, RULES_MAX).map(({ number, variables, more }) => {
      const rule = newRule(number, strings(variables));
      return typeof more === "string" ? { ...rule, more } : rule;
    });
    if (read.length === 0) return false;
    rules = read;
    current = Number.isInteger(state.current) && state.current in rules ? state.current : 0;
    $("lines").value = state.lines.filter((line) => typeof line === "string").join("\n");
    $("step").value = String(Number.isInteger(state.step) ? state.step : 1);
    choose("form", state.form);
    showRule();
    changed();
    return true;
  } catch {
    say("The address contains no rule that this page can read.");
    return false;
  }
}

// --- The fields -------------------------------------------------------------------

function options(select, entries) {
  select.replaceChildren(...entries.map(([value, text]) => Object.assign(element("option", "", text), { value })));
}

function notifierBox(name) {
  const label = element("label");
  label.append(Object.assign(element("input"), { type: "checkbox", name: "notifier", value: name }), element("span", "", name));
  return label;
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

const NONE = ["", "choose one"];
options($("examples"), [NONE, ...EXAMPLES.map((example, index) => [index, example.name])]);
options($("events"), [NONE, ...EVENTS.map((event, index) => [index, `${event.name}: ${event.title}`])]);
options($("samples"), SAMPLES.map((line, index) => [index, line]));
$("notifiers").append(...NOTIFIERS.map(notifierBox));
$("cheats").open = matchMedia("(min-width: 60rem)").matches;

for (const id of ["pattern", "mask"]) {
  $(id).addEventListener("input", oneLine);
  $(id).addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) event.preventDefault();
  });
}
document.addEventListener("input", ({ target }) => {
  if (target.name === "form") {
    showForm();
  } else if (target.name === "rule") {
    readFields();
    switchTo(Number(target.value));
  } else if (!target.matches("#examples, #events, #samples, #import-text")) {
    changed();
  }
});
$("add-rule").addEventListener("click", addRule);
$("remove-rule").addEventListener("click", removeRule);
$("examples").addEventListener("change", ({ target }) => target.value && loadExample(EXAMPLES[target.value]));
$("events").addEventListener("change", ({ target }) => target.value && loadEvent(EVENTS[target.value]));
$("undo").addEventListener("click", undo);
$("import-rules").addEventListener("click", importRules);
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
  say((await copy(location.href)) ? "The link is in the address bar and has been copied." : "The link is in the address bar.");
});
addEventListener("hashchange", stateFromHash);
if (!stateFromHash()) loadExample(EXAMPLES[0]);
