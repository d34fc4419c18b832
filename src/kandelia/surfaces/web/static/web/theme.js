// Runs before the first paint: a reader who follows the system gets the system's theme without a flash.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = root.dataset.themeChoice;
    root.dataset.theme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("themechoice", apply);
})();
