// What takes the place of the user's rules can be undone, and done again.

// The state that the button brings back, and the one that the last replacement made: as text,
// or null.
let other = null;
let replacement = null;

// Returns the state as text. The fields must have been read before.
function stateOf() {
  return JSON.stringify({ rules, current, lines: $("lines").value, step: $("step").value });
}

function showUndo(text, button) {
  $("undo-line").hidden = other === null;
  $("undo-text").textContent = text;
  $("undo").textContent = button;
}

// Does what replaces rules. What was not written by the user is no loss: stepping through the
// examples keeps what was there before the first of them.
function replacing(what, change) {
  let before = replacement;
  if (rules.length > 0) {
    readFields();
    before = stateOf();
  }
  $("examples").value = $("events").value = "";
  change();
  readFields();
  if (before !== replacement) other = before;
  replacement = stateOf();
  showUndo(what, "Undo");
}

function undo() {
  readFields();
  const now = stateOf();
  const state = JSON.parse(other);
  ({ rules, current } = state);
  $("lines").value = state.lines;
  $("step").value = state.step;
  $("event-note").hidden = true;
  other = now;
  const isUndo = $("undo").textContent === "Undo";
  showUndo(isUndo ? "It is as it was." : "It is replaced again.", isUndo ? "Redo" : "Undo");
  say($("undo-text").textContent);
  showRule();
  changed();
}

// Once something is typed, no example is shown as chosen. The fields must have been read before.
function unchoose() {
  if (stateOf() !== replacement) $("examples").value = $("events").value = "";
}
