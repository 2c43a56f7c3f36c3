// A picture from the camera, as a file. The browser asks for permission; nothing is recorded.
import { make } from '../dom.js';

// Shown in `host`. Returns undefined if it was closed without a picture.
export async function takePicture(host) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true });
  const video = make('video', { srcObject: stream, autoplay: true, muted: true, playsInline: true });
  const [take, cancel] = [make('button', 'Take picture'), make('button', 'Cancel')];
  const dialog = make('dialog.camera', video, take, cancel);
  host.append(dialog);
  dialog.showModal();
  try {
    await new Promise((taken, cancelled) => {
      take.addEventListener('click', () => taken());
      cancel.addEventListener('click', () => cancelled());
      dialog.addEventListener('cancel', () => cancelled());
    });
    const canvas = make('canvas', { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext('2d').drawImage(video, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
    return new File([blob], 'camera.png', { type: 'image/png' });
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    dialog.remove();
  }
}
