// Loaded before anything is drawn, so that a dark page never flashes light. No module: modules wait.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
