// Files go to the floor as the body of a request: streamed, with a count of what has gone, never a form in memory.
import { _, percent } from "./words.js";

for (const form of document.querySelectorAll("form[data-upload]")) {
  const told = form.querySelector("[data-say]");
  const say = (text, bad) => {
    told.hidden = false;
    told.className = bad ? "say bad" : "say";
    told.setAttribute("role", bad ? "alert" : "status");
    told.textContent = text;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const [file, token] = [fields.get("file"), fields.get("csrf")];
    fields.delete("file");
    fields.delete("csrf");
    fields.set("name", file.name);
    const asked = new XMLHttpRequest();
    asked.open("POST", `${form.action}?${new URLSearchParams(fields)}`);
    asked.setRequestHeader("X-CSRF", token);
    asked.setRequestHeader("Content-Type", "application/octet-stream");
    asked.upload.addEventListener("progress", (step) => {
      if (step.lengthComputable) say(_("Sent: {share}", { share: percent(step.loaded / step.total, 0) }));
    });
    asked.addEventListener("error", () => say(_("The floor cannot be reached."), true));
    asked.addEventListener("load", () => {
      if (asked.status < 300) return location.reload();
      let why = asked.statusText;
      try {
        const answer = JSON.parse(asked.responseText);
        why = answer.why ?? answer.detail ?? why;
      } catch {
        // no JSON: the status says what there is to say
      }
      say(String(why), true);
    });
    say(_("Sending"));
    asked.send(file);
  });
}
