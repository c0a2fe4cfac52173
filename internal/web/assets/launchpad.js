// Niceties only: every page works without this file.
document.documentElement.classList.add("scripted");

// Copy buttons.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.textContent.trim());
  const before = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = before; }, 1500);
});

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

// Choosing single accounts picks that choice; Escape cancels a consent.
document.addEventListener("change", (event) => {
  if (event.target.name === "account") document.getElementById("reach-some").checked = true;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("[data-escape]")?.click();
});
