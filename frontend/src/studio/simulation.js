// Token simulation: the button of the bar, and what the package leaves open.
//
// The package writes names of steps into its log as markup; they are an owner's text and are escaped before. Its own
// switch on the drawing is no button; the one of the bar takes its place.
const ESCAPED = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => ESCAPED[sign]);

export function simulation({ modeler, button, panel, root, known }) {
  const mode = modeler.get('toggleMode');
  const bus = modeler.get('eventBus');
  keepText(modeler, known);
  button.addEventListener('click', () => mode.toggleMode());
  bus.on('tokenSimulation.toggleMode', ({ active }) => {
    button.setAttribute('aria-pressed', String(active));
    root.dataset.simulating = active ? 'yes' : 'no';
    panel.lock(active);
  });
}

// `log.log` hands the same options to the notifications, so each text is escaped where it is written.
function keepText(modeler, known) {
  const log = modeler.get('log');
  const notifications = modeler.get('notifications');
  const write = log.log;
  let inside = false;
  log.log = (options) => {
    inside = true;
    try {
      write.call(log, { ...options, text: escaped(known(options.text)) });
    } finally {
      inside = false;
    }
  };
  const notify = notifications.showNotification;
  notifications.showNotification = (options) => notify.call(notifications, inside ? options : { ...options, text: escaped(known(options.text)) });
}
