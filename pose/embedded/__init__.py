"""Makes the embedded pose models: MediaPipe's landmark models, with the contract of DWPose around them."""
