// Lists the regions of the chosen country only. Without it, all are listed by country, and the server checks the pair.

const country = document.getElementById("id_country");
const region = document.getElementById("id_region");

if (country && region) {
  const groups = [...region.querySelectorAll("optgroup")];

  const narrow = () => {
    const chosen = region.value;
    for (const group of groups) group.remove();
    const own = groups.find((group) => group.label === country.selectedOptions[0]?.textContent);
    if (own) region.append(own);
    region.value = chosen;
    // Of another country: it is no choice any more.
    if (region.value !== chosen) region.value = "";
  };

  country.addEventListener("change", narrow);
  narrow();
}
