"""What goes over the wire: exchanges, events, traces, and the tap that keeps them."""
