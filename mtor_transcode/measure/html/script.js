"use strict";
// A picture opens large; clicks and arrow keys go between source, render and difference in the same place.
for (const triple of document.querySelectorAll(".triple")) {
  const pictures = [...triple.querySelectorAll("img")];
  const names = [...triple.querySelectorAll("figcaption")].map((caption) => caption.textContent);
  pictures.forEach((picture, index) => {
    picture.parentElement.addEventListener("click", () => show(pictures, names, index));
  });
}

function show(pictures, names, first) {
  let index = first;
  const dialog = document.createElement("dialog");
  const image = document.createElement("img");
  const line = document.createElement("p");
  const name = document.createElement("span");
  const close = document.createElement("button");
  close.textContent = "Close";
  line.append(name, close);
  dialog.append(image, line);
  document.body.append(dialog);
  const step = (by) => {
    index = (index + by + pictures.length) % pictures.length;
    image.src = pictures[index].src;
    image.alt = pictures[index].alt;
    name.textContent = `${names[index]} (${index + 1} of ${pictures.length}; click or press the arrow keys)`;
  };
  image.addEventListener("click", () => step(1));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") step(1);
    if (event.key === "ArrowLeft") step(-1);
  });
  step(0);
  dialog.showModal();
}
