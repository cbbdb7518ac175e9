// page.js -- what every report does, with or without charts: theme, sortable tables, links into
// folded sources. Compiled into objlab; no dependency, no network.
(function () {
  "use strict";
  var root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem("objlab-theme");
    } catch (e) {
      return null; // storage may be closed to local files
    }
  }

  function isDark() {
    var chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function setUpTheme() {
    var button = document.getElementById("theme");
    var saved = stored();
    if (saved === "dark" || saved === "light") root.setAttribute("data-theme", saved);
    function show() {
      button.textContent = isDark() ? "Light" : "Dark";
      button.setAttribute("aria-label", "Switch to the " + (isDark() ? "light" : "dark") + " theme");
      document.dispatchEvent(new Event("objlab-theme"));
    }
    button.hidden = false;
    button.addEventListener("click", function () {
      var next = isDark() ? "light" : "dark";
      root.setAttribute("data-theme", next);
      try {
        localStorage.setItem("objlab-theme", next);
      } catch (e) {
        // the choice holds for this page only
      }
      show();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
    show();
  }

  function valueOf(row, column) {
    var cell = row.cells[column];
    if (!cell) return "";
    var number = cell.getAttribute("data-v");
    return number !== null ? parseFloat(number) : cell.textContent.trim().toLowerCase();
  }

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return 1;
    if (typeof b === "number") return -1;
    return a < b ? -1 : a > b ? 1 : 0;
  }

  function sortBy(table, header, column) {
    var old = header.getAttribute("aria-sort");
    var falling = old ? old === "ascending" : header.classList.contains("n");
    Array.prototype.forEach.call(header.parentNode.cells, function (th) {
      th.removeAttribute("aria-sort");
    });
    header.setAttribute("aria-sort", falling ? "descending" : "ascending");
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    rows.sort(function (x, y) {
      var order = compare(valueOf(x, column), valueOf(y, column));
      return falling ? -order : order;
    });
    rows.forEach(function (row) {
      body.appendChild(row);
    });
  }

  function setUpSorting() {
    document.querySelectorAll("table.sortable").forEach(function (table) {
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (header, column) {
        if (!header.textContent) return;
        var button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.textContent = header.textContent;
        header.textContent = "";
        header.appendChild(button);
        button.addEventListener("click", function () {
          sortBy(table, header, column);
        });
      });
    });
  }

  function openTarget() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var e = target; e; e = e.parentElement) {
      if (e.tagName === "DETAILS") e.open = true;
    }
    if (target) target.scrollIntoView({ block: target.tagName === "TR" ? "center" : "start" });
  }

  setUpTheme();
  setUpSorting();
  addEventListener("hashchange", openTarget);
  if (location.hash) openTarget();
})();
