using System.CommandLine;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Web.Cli;

internal static class VerifyCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "data folder of a server that is stopped", DefaultValueFactory = _ => "data" };
        var command = new Command("verify", "Walk the journal's chain, replay it, and compare the running sums with a recount") { data };
        command.SetAction(async (parsed, _) =>
        {
            var folder = parsed.GetValue(data)!;
            if (!Directory.Exists(folder)) return CommandLine.Fail($"--data: '{folder}' does not exist");
            try
            {
                await using var host = LocalHost.Open(new(folder, PolicySet.Default) { Frozen = true }, TimeProvider.System, Console.WriteLine);
                var (frames, equal) = host.Verify();
                Console.WriteLine($"chain: {frames} frames whole");
                Console.WriteLine($"recount: {(equal ? "equals" : "DIFFERS FROM")} the running sums ({host.Read(s => s.EventCount)} events)");
                var outbox = host.OutboxCensus;
                Console.WriteLine($"outbox: {outbox.Pending} pending, {outbox.Sent} sent");
                return equal ? 0 : 1;
            }
            catch (Exception e) when (e is JournalDamagedException or JournalInUseException or JournalFailedException or InvalidDataException)
            {
                Console.Error.WriteLine($"opsmonitor: {e.Message}");
                return 1;
            }
        });
        return command;
    }
}
