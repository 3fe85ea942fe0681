using System.CommandLine;
using System.Globalization;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Web.Cli;

internal static class ArchiveCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "data folder of a server that is stopped", DefaultValueFactory = _ => "data" };
        var days = new Option<int>("--older-than") { Description = "days", DefaultValueFactory = _ => 30 };
        var command = new Command("archive", "Pack old turns of the journal into files of the folder archive; all commands read them as before") { data, days };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var folder = parsed.GetValue(data)!;
            if (!File.Exists(Path.Combine(folder, "journal.db"))) return CommandLine.Fail($"--data: '{folder}' has no journal.db");
            try
            {
                using var journal = FrameJournal.Open(folder, Console.Error.WriteLine);
                var before = DateTimeOffset.UtcNow.AddDays(-Math.Max(0, parsed.GetValue(days))).ToUnixTimeMilliseconds();
                var packed = JournalArchive.Pack(journal, new SnapshotStore(folder, ShardSnapshot.FoldVersion), before);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"packed {packed} frames; the archive ends at frame {journal.ArchivedTo} of {journal.LastSequence}"));
                return 0;
            }
            catch (JournalInUseException) { return CommandLine.Fail($"'{folder}' belongs to a running server: start it with --archive-after instead"); }
            catch (Exception e) when (e is JournalDamagedException or JournalFailedException) { return CommandLine.Fail(e.Message); }
        }));
        return command;
    }
}
