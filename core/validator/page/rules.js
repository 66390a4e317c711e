// The rules on the page, and the fields that show one of them.

const NUMBER_MAX = 63;
const RULES_MAX = NUMBER_MAX + 1;
// The entries of an import's report; more are only counted.
const REPORT_MAX = 50;
// The variables, named as after EVENTn_, that have a field with that id.
const TEXTS = ["EXCEPT_STR", "KEY", "THRESHOLD", "COOLDOWN_SECS", "RECOVERY_STR", "RECOVERY_MSG", "GRACE_SECS"];
const FIELDS = { MATCH_STR: "pattern", MASK_MSG: "mask", ...Object.fromEntries(TEXTS.map((name) => [name, name])) };
// The variables that have a box to tick, and what they are then.
const SWITCHES = { MATCH_PART: "message", IGNORE_CASE: "1" };
const REQUIRED = ["NOTIFIER", "MATCH_TYPE", "MATCH_STR", "MASK_MSG"];

// Each rule is its number, as typed, its variables that are set, and what is typed under "Other
// variables".
let rules = [];
let current = 0;

function newRule(number, variables) {
  const rule = { number: String(number), variables: { NOTIFIER: NOTIFIERS[0], MATCH_TYPE: "regex", MATCH_STR: "", MASK_MSG: "" }, more: "" };
  const more = [];
  for (const [name, value] of Object.entries(variables)) {
    const isSwitch = name in SWITCHES && ["", "0", "line", SWITCHES[name]].includes(value.trim().toLowerCase());
    if (REQUIRED.includes(name) || TEXTS.includes(name) || isSwitch) rule.variables[name] = value;
    else more.push(`${name}=${value}`);
  }
  rule.more = more.join("\n");
  return rule;
}

// Returns the lowest number that no rule has, or null if all are taken.
function freeNumber() {
  const taken = rules.map((rule) => Number(rule.number));
  return [...Array(RULES_MAX).keys()].find((number) => !taken.includes(number)) ?? null;
}

// Returns what is wrong with the number of a rule, or null.
function numberFault(rule) {
  const isNumber = (text) => /^\d{1,3}$/.test(text) && Number(text) <= NUMBER_MAX;
  if (!isNumber(rule.number)) return `must be a whole number from 0 to ${NUMBER_MAX}`;
  const isTwin = (other) => other !== rule && isNumber(other.number) && Number(other.number) === Number(rule.number);
  return rules.some(isTwin) ? `is that of another rule on this page` : null;
}

// Returns the numbers under which the core is asked: those that are wrong get a free one.
function numbers() {
  const right = rules.map((rule) => (numberFault(rule) === null ? Number(rule.number) : null));
  let free = 0;
  return right.map((number) => {
    if (number !== null) return number;
    while (right.includes(free)) free += 1;
    return free++;
  });
}

// Returns the names and values under "Other variables". A prefix such as EVENT3_ may be there.
function otherVariables(rule) {
  const lines = rule.more.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const [, name, value] = /^\s*(?:EVENT\d+_)?([^=]*)=(.*)$/.exec(line) ?? [null, line.trim(), ""];
    return [name.trim(), value];
  });
}

// Returns all variables of a rule that are set, as the core wants them.
function variablesOf(rule, number) {
  const set = Object.entries(rule.variables).filter(([name, value]) => REQUIRED.includes(name) || value !== "");
  return [...set, ...otherVariables(rule)].map(([name, value]) => `EVENT${number}_${name}=${value}`);
}

const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;

function choose(name, value) {
  const radio = [...document.querySelectorAll(`input[name=${name}]`)].find((r) => r.value === value);
  if (radio) radio.checked = true;
}

// Takes what the fields say into the current rule.
function readFields() {
  const rule = rules[current];
  const notifiers = [...document.querySelectorAll("input[name=notifier]:checked")].map((box) => box.value);
  rule.number = $("number").value;
  rule.more = $("more").value;
  rule.variables = { NOTIFIER: notifiers.join(","), MATCH_TYPE: chosen("type") };
  for (const [name, id] of Object.entries(FIELDS)) rule.variables[name] = $(id).value;
  for (const [name, value] of Object.entries(SWITCHES)) rule.variables[name] = $(name).checked ? value : "";
}

// Shows the current rule in the fields.
function showRule() {
  const { number, variables, more } = rules[current];
  const names = variables.NOTIFIER.split(",").map((name) => name.trim().toLowerCase());
  for (const box of document.querySelectorAll("input[name=notifier]")) box.checked = names.includes(box.value.toLowerCase());
  choose("type", variables.MATCH_TYPE.trim().toLowerCase() === "substr" ? "substr" : "regex");
  for (const [name, id] of Object.entries(FIELDS)) $(id).value = variables[name] ?? "";
  for (const [name, value] of Object.entries(SWITCHES)) $(name).checked = (variables[name] ?? "").trim().toLowerCase() === value;
  $("number").value = number;
  $("more").value = more;
  $("policies").open = more !== "" || TEXTS.some((name) => $(name).value !== "");
  showRuleList();
}

// Shows a radio button for each rule, and marks those that are wrong.
function showRuleList(wrong = []) {
  const radio = (rule, index) => {
    const label = element("label");
    const input = Object.assign(element("input"), { type: "radio", name: "rule", value: String(index), checked: index === current });
    const name = numberFault(rule) === null ? `EVENT${Number(rule.number)}` : `EVENT?`;
    label.append(input, element("span", "", wrong.includes(index) ? `${name} ⚠` : name));
    if (wrong.includes(index)) input.setAttribute("aria-label", `${name}, with a mistake`);
    return label;
  };
  const list = $("rules");
  const shown = list.querySelectorAll("label");
  const fresh = rules.map(radio);
  const isSame = shown.length === fresh.length && fresh.every((label, index) => label.isEqualNode(shown[index]) && shown[index].firstChild.checked === label.firstChild.checked);
  if (!isSame) {
    const hadFocus = list.contains(document.activeElement);
    shown.forEach((label) => label.remove());
    list.append(...fresh);
    if (hadFocus) fresh[current].firstChild.focus();
  }
  $("remove-rule").disabled = rules.length === 1;
  $("add-rule").disabled = freeNumber() === null;
}

// The fields must have been read before.
function switchTo(index) {
  current = index;
  showRule();
  changed();
}

function addRule() {
  readFields();
  const notifier = rules[current].variables.NOTIFIER;
  rules.push(newRule(freeNumber(), { NOTIFIER: notifier }));
  switchTo(rules.length - 1);
  $("pattern").focus();
}

function removeRule() {
  const text = `EVENT${rules[current].number} is removed.`;
  replacing(text, () => {
    rules.splice(current, 1);
    switchTo(Math.min(current, rules.length - 1));
  });
  say(text);
  // The button may be disabled now.
  document.querySelector("input[name=rule]:checked").focus();
}

// Shows a rule in place of the current one. A single rule brings its lines in place of those
// that are there; with several, these stay.
function load(variables, lines) {
  rules[current] = newRule(rules[current]?.number ?? 0, { NOTIFIER: rules[current]?.variables.NOTIFIER ?? NOTIFIERS[0], ...variables });
  const before = rules.length === 1 ? [] : $("lines").value.split("\n").filter((line) => line !== "");
  const isNew = (line) => !before.includes(line);
  $("lines").value = [...before, ...lines.filter(isNew)].join("\n");
  $("event-note").hidden = true;
  showRule();
  changed();
}

function loadExample(example) {
  const { type, pattern, mask, lines } = example;
  replacing("The example took the place of your rule.", () => load({ MATCH_TYPE: type, MATCH_STR: pattern, MASK_MSG: mask }, lines));
  $("examples").value = EXAMPLES.indexOf(example);
}

// Loads a static event, with as many lines as its threshold wants.
function loadEvent(event) {
  const { name, variables, sample } = event;
  const count = Number.parseInt(variables.THRESHOLD ?? "1", 10);
  // What refers to other static events has no meaning for a rule, nor has their order.
  const isOwn = ([variable, value]) => variable !== "LAST" && !(["AFTER", "UNLESS"].includes(variable) && value.includes("S"));
  const own = Object.entries(variables).filter(isOwn);
  const rule = { MATCH_PART: "message", ...Object.fromEntries(own) };
  replacing("The event took the place of your rule.", () => load(rule, Array(count).fill(sample)));
  $("events").value = EVENTS.indexOf(event);
  const missing = Object.keys(variables).filter((variable) => !own.some(([name]) => name === variable));
  $("event-note").textContent = `STATIC_EVENTS_ENABLED=${name} turns this event on as it is.` +
    (missing.length ? ` A rule of your own cannot have its ${missing.join(", ")}.` : "");
  $("event-note").hidden = false;
}

// Takes the rules of a pasted configuration in place of those that are there, and reports what
// was in it.
function importRules() {
  const answer = ask(["import", $("import-text").value]);
  const report = [];
  const add = (text, isBad) => report.push(element("li", isBad ? "hint" : "", text));
  const names = answer.rules.map(({ number }) => `EVENT${number}`);
  if (names.length > 0) {
    replacing("The import took the place of your rules.", () => {
      rules = answer.rules.map(({ number, variables }) => newRule(number, variables));
      $("event-note").hidden = true;
      switchTo(0);
    });
    add(`Imported: ${names.join(", ")}.`);
  } else {
    add("There is no variable of a rule, such as EVENT0_MATCH_STR, so nothing changed.", true);
  }
  for (const { line, text } of answer.unread) add(`Line ${line} ${text}.`, true);
  for (const problem of answer.problems) add(problemText(problem), true);
  if (answer.others.length > 0) add(`Not about rules, so this page leaves it alone: ${answer.others.join(", ")}.`);
  const rest = report.splice(REPORT_MAX);
  if (rest.length > 0) add(`And ${rest.length} more like these.`, true);
  $("import-report").replaceChildren(...report);
}
