// What every page has: the switches for appearance and language, and dialogs that can be cancelled.
const theme = document.getElementById("theme");
theme.value = localStorage.getItem("theme") ?? "";
theme.addEventListener("change", () => {
  localStorage.setItem("theme", theme.value);
  document.documentElement.dataset.theme = theme.value;
});

// A dialog's Cancel is no submit button: Enter in a field must press the other one.
for (const cancel of document.querySelectorAll("dialog .cancel")) {
  cancel.addEventListener("click", () => cancel.closest("dialog").close(""));
}

const language = document.getElementById("language");
language.addEventListener("change", () => {
  document.cookie = `dialer_language=${language.value}; path=/; max-age=31536000; samesite=strict`;
  location.reload();
});
