      *================================================================*
      * ABONENT - wyciag ze zbioru abonentow (tasma, RDW)              *
      *================================================================*
       01  NAGLOWEK-REC.
           05  REC-TYPE                PIC X(01).
           05  KOD-PUNKTU              PIC X(04).
           05  DATA-WYCIAGU            PIC 9(08).
           05  NAZWA-ZBIORU            PIC X(20).
           05  FILLER                  PIC X(07).
       01  ABONENT-REC.
           05  REC-TYPE                PIC X(01).
           05  NR-ABONENTA             PIC 9(09).
           05  RODZAJ-ABON             PIC X(01).
               88  OSOBA               VALUE 'O'.
               88  FIRMA               VALUE 'F'.
           05  DANE-OSOBY.
               10  NAZWISKO            PIC X(25).
               10  IMIE                PIC X(15).
               10  IMIE-DRUGIE         PIC X(15).
               10  PESEL               PIC X(11).
               10  DATA-UR             PIC 9(06).
               10  DOWOD               PIC X(09).
           05  DANE-FIRMY REDEFINES DANE-OSOBY.
               10  NAZWA-FIRMY         PIC X(57).
               10  NIP                 PIC X(10).
               10  REGON               PIC X(14).
           05  ADRES.
               10  ULICA               PIC X(30).
               10  NR-DOMU             PIC X(08).
               10  NR-LOKALU           PIC X(06).
               10  KOD-POCZT           PIC X(06).
               10  MIEJSCOWOSC         PIC X(25).
           05  TELEFON                 PIC X(12) OCCURS 2 TIMES.
           05  DATA-PRZYL              PIC 9(06).
           05  SALDO                   PIC S9(7)V99 COMP-3.
           05  ILE-USLUG               PIC 9(02).
           05  USLUGA OCCURS 0 TO 12 TIMES DEPENDING ON ILE-USLUG.
               10  KOD-USLUGI          PIC X(04).
               10  DATA-OD             PIC 9(06).
               10  OPLATA              PIC S9(5)V99 COMP-3.
       01  STOPKA-REC.
           05  REC-TYPE                PIC X(01).
           05  LICZBA-REK              PIC 9(09).
           05  SUMA-SALD               PIC S9(11)V99 COMP-3.
           05  FILLER                  PIC X(13).
