using System.CommandLine;
using System.Globalization;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Silo.Local.Rollups;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Cli;

internal static class RollupsCommand
{
    public static Command Make() => new("rollups", "Sums by minute, hour and day, corrections, and what was shown: rollups.db in the data folder") { Rebuild() };

    private static Command Rebuild()
    {
        var data = new Option<string>("--data") { Description = "data folder of a server that is stopped", DefaultValueFactory = _ => "data" };
        var reference = new Option<string?>("--policy") { Description = "the server's policy folder (default: reference in the data folder)" };
        var shown = new Option<bool>("--shown") { Description = "find again what was shown at every minute too; takes long" };
        var zone = CommandLine.HouseZoneOption();
        var command = new Command("rebuild", "Make rollups.db again out of the journal; the old file is kept as rollups.db.before") { data, reference, shown, zone };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var folder = parsed.GetValue(data)!;
            if (!File.Exists(Path.Combine(folder, "journal.db"))) return CommandLine.Fail($"--data: '{folder}' has no journal.db");
            var beside = Path.Combine(folder, "reference");
            var policy = parsed.GetValue(reference) ?? (Directory.Exists(beside) ? beside : null);
            var known = ReferenceData.Load(policy);
            var start = StartState.Read(policy, known);
            try
            {
                var (frames, corrections) = RollupRebuild.Run(folder, start.SetWith([]), start.SetWith, StartState.MarkOf(policy), new(new BoardDirectory(known, house: CommandLine.HouseZone(parsed.GetValue(zone))).Today, MetricJson.Text), parsed.GetValue(shown), Console.Error.WriteLine);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{frames} frames, {corrections} corrections"));
                return 0;
            }
            catch (Exception e) when (e is JournalDamagedException or JournalInUseException or JournalFailedException) { return CommandLine.Fail(e.Message); }
        }));
        return command;
    }
}
