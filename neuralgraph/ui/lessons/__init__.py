"""The lesson panel: words beside the document, buttons that act, rings around what is meant."""
