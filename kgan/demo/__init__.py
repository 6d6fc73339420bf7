"""The main job: a GAN learns real digits, theory checks it, and one report shows both."""
