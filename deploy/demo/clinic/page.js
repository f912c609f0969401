"use strict";
const said = document.getElementById("said");
const tail = document.getElementById("tail");

async function show() {
  const answer = await fetch("/log");
  const text = (await answer.json()).tail;
  if (text !== tail.textContent) {
    tail.textContent = text;
    tail.scrollTop = tail.scrollHeight;
  }
}

async function press(button) {
  const asked = new URLSearchParams();
  const field = button.dataset.with && document.getElementById(button.dataset.with);
  if (field) asked.set(field.id, field.value.trim() || field.defaultValue);
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/faults/" + button.dataset.fault, { method: "POST", body: asked });
    const told = await answer.json();
    said.textContent = told.done ? "Done: " + told.done + "." : "The request failed: " + told.error + ".";
  } catch {
    said.textContent = "The application does not answer.";
  }
  button.removeAttribute("aria-busy");
  await show();
}

for (const button of document.querySelectorAll("button[data-fault]")) {
  button.addEventListener("click", () => { if (button.getAttribute("aria-busy") !== "true") press(button); });
}
show();
setInterval(() => { show().catch(() => {}); }, 1000);
