// Starts `pcisolve lsp` for XML and YAML; the server tells by itself which files are domains and plans.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = function () {
  const settings = vscode.workspace.getConfiguration("pcisolve");
  const [command, ...args] = settings.get("command");
  client = new LanguageClient(
    "pcisolve",
    "pcisolve",
    { command, args },
    {
      documentSelector: [
        { scheme: "file", language: "xml" },
        { scheme: "file", language: "yaml" },
      ],
      initializationOptions: {
        timeLimit: settings.get("timeLimit"),
        libvirt: settings.get("libvirt") || undefined, // else that of the configuration
      },
    },
  );
  return client.start();
};

exports.deactivate = function () {
  return client && client.stop();
};
