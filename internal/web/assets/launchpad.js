// Niceties only: every page works without this file.
document.documentElement.classList.add("scripted");

// Exact times in the reader's own zone; without this file they are in UTC, and say so.
for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
}

// Copy buttons.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    // No clipboard without https, or it was refused: selected, it is one key away.
    getSelection().selectAllChildren(source);
    return;
  }
  const before = button.textContent;
  button.textContent = button.dataset.done;
  say(button.dataset.done);
  setTimeout(() => { button.textContent = before; say(""); }, 1500);
});

// What screen readers are told. They only hear what changes in a place that was there before.
let status;
function say(words) {
  if (!status) {
    status = document.createElement("p");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    document.getElementById("main").append(status);
  }
  setTimeout(() => { status.textContent = words; }, 100);
}

// A secret as a .env file, made in the browser so that it travels no second time.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-env]");
  if (!button) return;
  const link = document.createElement("a");
  link.href = "data:text/plain;charset=utf-8," + encodeURIComponent(document.getElementById(button.dataset.env).textContent.trim() + "\n");
  link.download = "launchpad.env";
  link.click();
});

// A page that shows a secret once asks before it is left, until its owner says that it is stored.
const once = document.querySelector("[data-once]");
if (once) {
  const ask = (event) => event.preventDefault();
  addEventListener("beforeunload", ask);
  once.addEventListener("click", () => removeEventListener("beforeunload", ask));
}

// Consent: all accounts or some, never both; the account to start with is one of those that go along.
const pass = document.querySelector(".pass");
if (pass) {
  const all = pass.querySelector("#reach-all");
  const boxes = [...pass.querySelectorAll("[name=account]")];
  const start = pass.querySelector("#default");
  const agree = () => {
    const along = boxes.filter((box) => box.checked).map((box) => box.value);
    for (const option of start?.options ?? []) option.disabled = along.length > 0 && !along.includes(option.value);
    if (start?.selectedOptions[0]?.disabled) start.value = along[0];
  };
  pass.addEventListener("change", (event) => {
    if (event.target.name === "account") pass.querySelector("#reach-some").checked = true;
    if (event.target === all) for (const box of boxes) box.checked = false;
    agree();
  });
  addEventListener("pageshow", agree); // the browser may fill the form in again
}

// Escape closes the person's menu if it is open, and cancels a consent otherwise. A select keeps its own Escape.
const menu = document.querySelector("details.who");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (!document.activeElement?.matches("select")) {
    document.querySelector("[data-escape]")?.click();
  }
});
document.addEventListener("pointerdown", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});
