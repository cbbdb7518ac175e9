/*
 * html_assets.h -- style and script of every report, compiled in from web/page.css and
 * web/page.js by web/embed.cmake: they need no web tools.
 */
#ifndef REPORTS_HTML_ASSETS_H
#define REPORTS_HTML_ASSETS_H

extern const char html_style[];
extern const char html_script[];

#endif
