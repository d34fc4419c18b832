// The explorer's basket of signals to compare, kept while one walks the tree; arrows walk the tree.
const KEY = "kandelia-compare";
const SIGNALS_MAX = 8;
const bar = document.querySelector("[data-basket]");
const tree = document.querySelector("[data-tree]");

const chosen = () => (sessionStorage.getItem(KEY) ?? "").split(",").filter(Boolean).map(Number);

function choose(numbers) {
  sessionStorage.setItem(KEY, numbers.join(","));
  draw();
}

function draw() {
  if (!bar) return;
  const numbers = chosen();
  bar.hidden = !numbers.length;
  bar.querySelector("[data-basket-count]").textContent = numbers.length;
  const link = bar.querySelector("[data-basket-go]");
  link.href = `${link.pathname}?signals=${numbers.join(",")}&last=1h`;
  for (const button of document.querySelectorAll("[data-pick]")) {
    const within = numbers.includes(Number(button.dataset.pick));
    button.setAttribute("aria-pressed", String(within));
    button.textContent = within ? "✓" : "+";
    button.disabled = !within && numbers.length >= SIGNALS_MAX;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (button) {
    const number = Number(button.dataset.pick);
    const numbers = chosen();
    choose(numbers.includes(number) ? numbers.filter((one) => one !== number) : [...numbers, number]);
  } else if (event.target.closest("[data-basket-clear]")) choose([]);
});

tree?.addEventListener("keydown", (event) => {
  const links = [...tree.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  const parent = document.activeElement.closest("ul")?.closest("li")?.querySelector("a");
  const to = { ArrowDown: links[at + 1], ArrowUp: links[at - 1], ArrowLeft: parent, Home: links[0], End: links.at(-1) }[event.key];
  if (event.key === "ArrowRight") document.activeElement.click();
  else if (to) to.focus();
  else return;
  event.preventDefault();
});
tree?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
draw();
