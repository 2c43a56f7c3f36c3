// A picture from the camera, as a file. The browser asks for permission; nothing is recorded.
async function takePicture() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true });
  const dialog = document.createElement('dialog');
  dialog.className = 'camera';
  const video = document.createElement('video');
  Object.assign(video, { srcObject: stream, autoplay: true, muted: true, playsInline: true });
  const take = document.createElement('button');
  take.textContent = 'Take the picture';
  const cancel = document.createElement('button');
  cancel.textContent = 'Cancel';
  dialog.append(video, take, cancel);
  element.append(dialog);
  dialog.showModal();
  try {
    await new Promise((taken, cancelled) => {
      take.addEventListener('click', () => taken());
      cancel.addEventListener('click', () => cancelled());
      dialog.addEventListener('cancel', () => cancelled());
    });
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext('2d').drawImage(video, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
    return new File([blob], 'camera.png', { type: 'image/png' });
  } finally {
    stream.getTracks().forEach((track) => track.stop());
    dialog.remove();
  }
}
async function attachFromCamera() {
  const last = turns.findLast((turn) => turn.role === 'user');
  if (!last) {
    warning.textContent = 'Add a user message first: a picture belongs to one.';
    return;
  }
  try {
    const file = await takePicture();
    if (file) await attach(last.id, [file]);
  } catch (error) {
    if (error) warning.textContent = `The camera gave no picture: ${error.message || error}`;
  }
}
