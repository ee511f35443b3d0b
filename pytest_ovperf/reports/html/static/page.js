// Ties the parts together.
"use strict";
(() => {
  const button = document.getElementById("theme");
  const label = () => { button.querySelector("span").textContent = ovTheme.isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", ovTheme.toggle);
  ovTheme.onChange(() => { label(); ovPictures.repaint(); });
  label();

  // The row opens at once; the library, which takes a moment the first time, comes after that has been painted.
  ovTables.onOpen((body) => requestAnimationFrame(() => setTimeout(() => ovPictures.draw(body))));
  // Whoever comes to the table with a mouse is about to open a detail: the library is read while they choose.
  for (const table of document.querySelectorAll(".sheet > table")) {
    table.addEventListener("mouseenter", () => setTimeout(ovPictures.library, 100), { once: true });
  }
  addEventListener("hashchange", ovTables.openLinked);
  ovTables.openLinked();

  // On paper, the pictures of what somebody has to look at: as many as a person would print. Then in light colours.
  const mostPrinted = 12;
  addEventListener("beforeprint", () => {
    const { dataset, classList } = document.documentElement;
    const chosen = dataset.theme;
    dataset.theme = "light";
    classList.add("printing");
    [...document.querySelectorAll("tbody.regressed, tbody.inconclusive")].slice(0, mostPrinted).forEach(ovPictures.draw);
    ovPictures.repaint();
    addEventListener("afterprint", () => {
      classList.remove("printing");
      if (chosen) dataset.theme = chosen;
      else delete dataset.theme;
      ovPictures.repaint();
    }, { once: true });
  });
})();
