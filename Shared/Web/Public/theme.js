// Before the first paint: the reader's choice of light or dark, else the system's.
(function () {
  const chosen = localStorage.getItem("millrace.theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
