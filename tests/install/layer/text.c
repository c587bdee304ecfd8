const char *text(void) { return "first"; }
