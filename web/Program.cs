return await OpsMonitor.Web.Cli.CommandLine.RunAsync(args);
