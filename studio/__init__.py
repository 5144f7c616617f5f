"""What a visitor meets: the page, the queue behind it, its limits and its words."""
