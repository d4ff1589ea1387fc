"""(intent, snapshot) → Plan: what is compared with what, what differs, and what forbids a change. Pure."""
