// Runs before anything is painted. The page follows the system until somebody presses the button, and again once their
// choice is what the system says anyway.
"use strict";
document.documentElement.className = "js";
const ovTheme = (() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const listeners = [];
  // A browser may refuse storage to files opened from disk: then the choice lasts as long as the page.
  const stored = {
    get() { try { return localStorage.getItem("ovperf-theme"); } catch { return null; } },
    set(value) {
      try { value ? localStorage.setItem("ovperf-theme", value) : localStorage.removeItem("ovperf-theme"); } catch { /* see above */ }
    },
  };
  const chosen = stored.get();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => listeners.forEach((listener) => listener());
  system.addEventListener("change", tell);
  return {
    isDark,
    onChange(listener) { listeners.push(listener); },
    toggle() {
      const wanted = isDark() ? "light" : "dark";
      if ((wanted === "dark") === system.matches) delete root.dataset.theme;
      else root.dataset.theme = wanted;
      stored.set(root.dataset.theme);
      tell();
    },
  };
})();
